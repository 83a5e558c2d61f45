"""What comes back: bounces, complaints, answers and wishes to end it, by mail and by the calls of providers."""
