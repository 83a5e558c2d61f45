"""What the company knows: articles that agents put into replies and customers read for themselves."""
