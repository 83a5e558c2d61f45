"""Text messages through providers: signing, sending, receipts and answers."""
