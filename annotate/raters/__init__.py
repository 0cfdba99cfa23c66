"""What is known of those who answer."""
