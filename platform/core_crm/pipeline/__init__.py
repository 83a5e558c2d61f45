"""Opportunities: pipelines with stages, a board, a forecast, and the order that a won one becomes."""
