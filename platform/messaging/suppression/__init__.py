"""Addresses to which nothing is sent any more."""
