"""The log of answers and what is counted of it."""
