"""Media come in, with what is said of them."""
