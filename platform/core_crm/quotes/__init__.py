"""Quotes: what is offered, in versions, until the customer agrees."""
