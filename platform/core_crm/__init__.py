"""Customer relations: selling, from the first contact to the confirmed order."""
