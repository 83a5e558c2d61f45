"""Products: what the company sells and buys."""
