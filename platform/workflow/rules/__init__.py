"""Rules of the company's own: when something happens to a record, and if it fits, then something is done."""
