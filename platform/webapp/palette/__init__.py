"""The command palette: pages, commands and records by name, by code or by the initials of their pinyin."""
