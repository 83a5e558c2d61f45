"""What makes answering quick and good: ready answers, tickets that are one, what customers thought, and how it went."""
