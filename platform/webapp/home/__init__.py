"""The first page: what the enabled packages show of the day, and the next steps of a new company."""
