"""What people say about media: asking them, and what their answers amount to."""
