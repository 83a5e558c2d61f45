"""What other packages may use of the workflow."""
