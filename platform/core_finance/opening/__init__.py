"""Opening balances (期初余额): what a ledger that starts brings with it."""
