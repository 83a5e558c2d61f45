"""The end of a period: the steps that lead to the close, in their order, and what they posted."""
