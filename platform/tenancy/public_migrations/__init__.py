"""The history of the platform's own tables in schema ``public``, all of them: registry, people, sessions, mail.

A new revision: ``python -m tenancy.revise platform "What changes"``.
"""
