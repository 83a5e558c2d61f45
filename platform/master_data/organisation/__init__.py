"""Departments and employees of the company itself."""
