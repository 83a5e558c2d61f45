"""Who belongs to a company, in which roles, and who was invited."""
