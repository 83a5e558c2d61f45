"""A small vertical that uses every hook, for the tests of the hooks."""
