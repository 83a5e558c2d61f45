"""Mail to people: what is sent, how it leaves, and a mailbox for machines without a mail server."""
