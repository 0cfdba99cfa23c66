"""What is done to media: one concern a file, one heavy library a file."""
