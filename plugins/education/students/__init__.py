"""Who learns: students, each a party of the company, with the guardian who signs and pays."""
