"""Contracts: what was agreed with a customer, until when, and when the money comes."""
