"""Deliveries that failed too often and wait for a person."""
