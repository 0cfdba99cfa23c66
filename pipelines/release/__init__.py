"""Splits, shards, cards and publishing: what leaves the house."""
