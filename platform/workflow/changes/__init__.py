"""What was written to records, followed up once the transaction has committed."""
