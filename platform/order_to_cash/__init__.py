"""Where selling meets bookkeeping: confirmed orders become vouchers, cancelled ones are reversed."""
