"""Files that belong to a voucher: invoices, receipts, contracts."""
