"""Journeys: from an occasion over waits, conditions and messages to a goal, one run for each customer."""
