"""Measurements against the limit of the machine they run on.  See README.md for how to read them."""
