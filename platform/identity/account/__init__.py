"""One's own account: name, language, password, sessions, API tokens."""
