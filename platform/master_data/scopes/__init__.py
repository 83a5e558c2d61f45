"""Who sees which records, and which of their fields."""
