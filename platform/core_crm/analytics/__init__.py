"""What sales and customers add up to: reports over leads, opportunities and orders, and targets."""
