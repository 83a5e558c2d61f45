"""Identity papers of persons: numbers that are sealed in the database, shown masked, and opened on the record."""
