"""For authors of verticals: test kit, project template and the commands around them."""
