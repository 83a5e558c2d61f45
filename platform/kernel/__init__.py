"""What all of the platform leans on; it leans on nothing of ours."""
