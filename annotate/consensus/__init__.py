"""Answers aggregated into labels by named methods."""
