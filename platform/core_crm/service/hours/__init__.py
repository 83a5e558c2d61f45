"""When the company works: its week, public holidays with the days worked instead, and days of its own."""
