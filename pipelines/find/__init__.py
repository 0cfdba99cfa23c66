"""What is found in media, and what of it is good enough."""
