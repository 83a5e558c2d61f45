"""Fields that a company adds to records of its own accord."""
