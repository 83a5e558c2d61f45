"""The composition root: the web application, its shell, and the command line."""
