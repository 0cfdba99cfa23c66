"""Figures: what is drawn, and how it looks."""
