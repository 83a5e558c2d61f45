"""Requests that are sent again because nobody heard the answer: what they make is made once."""
