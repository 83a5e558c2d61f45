"""What a browser hears of without asking: how much is unread, and who else looks at the same record."""
