"""Tasks: what somebody is to do, by when, about which record."""
