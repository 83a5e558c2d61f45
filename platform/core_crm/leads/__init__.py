"""Leads: where they come from, what they are worth, whose they are, and what they become."""
