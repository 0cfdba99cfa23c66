"""What answers amount to: labels by named methods."""
