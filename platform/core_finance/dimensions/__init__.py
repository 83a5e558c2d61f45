"""Dimensions beside the accounts (辅助核算): the company's own kinds, and the items of each."""
