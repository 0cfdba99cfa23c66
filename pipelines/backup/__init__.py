"""Copies of a whole collection: written while people work on it, kept free of what was forgotten, and restored."""
