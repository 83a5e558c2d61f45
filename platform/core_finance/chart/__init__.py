"""Ledgers (账套) and their charts of accounts (会计科目)."""
