"""Media files as they come: what they are, what is in them, their samples and pixels."""
