"""People: one account per human, however many companies they work for."""
