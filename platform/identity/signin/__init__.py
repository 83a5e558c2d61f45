"""Signing in and out, on the platform's host and on companies', going from one host to another, forgotten passwords."""
