"""Imports that were applied, and how they are undone."""
