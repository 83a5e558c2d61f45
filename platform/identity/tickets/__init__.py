"""Tickets: links and codes that work once and for a short time, for one purpose and one person."""
