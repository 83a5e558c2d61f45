"""Reports of verticals: the list, and each one with its form, its table and its files."""
