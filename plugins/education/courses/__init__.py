"""What is taught: courses, terms and classes."""
