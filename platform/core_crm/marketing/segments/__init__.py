"""Segments: groups of customers by conditions, or put together by hand."""
