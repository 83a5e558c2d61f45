"""The posting engine: the only writer of the books."""
