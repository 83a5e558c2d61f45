"""The words by which a company sorts its records."""
