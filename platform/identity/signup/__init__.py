"""Signing a company up: a person, an own tenant, and the way in."""
