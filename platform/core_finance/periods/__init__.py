"""Accounting periods: natural months, open or closed."""
