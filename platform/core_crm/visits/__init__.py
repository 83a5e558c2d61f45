"""Visits to customers (拜访), noted on the spot with a phone."""
