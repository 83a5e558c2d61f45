"""Sales orders: draft, confirmed, cancelled."""
