"""What was done with a record and what comes next (跟进记录)."""
