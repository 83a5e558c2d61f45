"""Exchange rates of the books."""
