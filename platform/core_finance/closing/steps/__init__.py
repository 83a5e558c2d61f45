"""The steps of finance itself, one file each."""
