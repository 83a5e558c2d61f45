"""Approvals: who decides about a document, in which steps, and what happens then."""
