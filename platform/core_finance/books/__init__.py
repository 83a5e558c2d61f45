"""The books: trial balance and account ledgers, read from maintained balances."""
