"""What parties agreed to: by which channel they may be sent advertising, with the proof."""
