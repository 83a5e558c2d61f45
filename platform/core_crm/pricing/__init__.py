"""What things cost: the arithmetic of prices, and the lines of documents."""
