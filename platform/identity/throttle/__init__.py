"""Slows down whoever guesses: failures are counted in the database, so all processes count together."""
