"""Who uses the platform and what they may do: people, sessions, members, roles, invitations, API tokens, the audit log."""
