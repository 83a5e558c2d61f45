"""Personal API tokens: a program acts for a person, with some of the person's permissions."""
