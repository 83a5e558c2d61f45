"""Targets of people, departments and the company, and how far they are reached."""
