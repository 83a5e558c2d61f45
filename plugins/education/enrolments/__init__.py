"""Enrolments: a student, a class, the tuition agreed on, and the lessons given for it."""
