"""Splits, shards, cards and publishing."""
