"""The public pool (公海): who holds what, what falls back, and who may take it."""
