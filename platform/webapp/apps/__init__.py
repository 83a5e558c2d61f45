"""The page of apps: which verticals there are, what each adds, and switching them on and off."""
