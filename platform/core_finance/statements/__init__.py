"""Financial statements in the official layouts: every cell is a formula over maintained balances."""
