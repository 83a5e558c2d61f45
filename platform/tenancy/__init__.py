"""Tenants: their schemas and roles, which verticals they use, and how their tables come, change and go."""
