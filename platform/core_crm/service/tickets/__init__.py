"""Tickets: what a customer asks or complains of, from the first word to the solution."""
