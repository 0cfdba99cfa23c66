"""`demo`: the whole way once, with its sample media."""
