"""What companies send to their customers: queued in the transaction that wants it, sent by a job, and never twice."""
