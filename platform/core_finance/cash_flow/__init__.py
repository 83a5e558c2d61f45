"""The cash flow statement by the direct method: which item each movement of cash belongs to."""
