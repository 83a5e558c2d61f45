"""Marketing: whom to reach, with which words, when, and what came of it."""
