"""What was said and done on the way: calls, visits, notes."""
