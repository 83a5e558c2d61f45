"""Templates of messages: a language of names and nothing else, versions that never change, plain text and HTML."""
