"""Roles: named sets of permissions that a company gives its members."""

from identity.roles.builtin import seed

__all__ = ["seed"]
