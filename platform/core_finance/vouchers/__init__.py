"""Vouchers (记账凭证): drafts, posting, reversal; their API and pages."""
