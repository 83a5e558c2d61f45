"""What members are told: in the application, by mail, both ways or not at all, as each of them chooses."""
