"""Catalog, store, visits and workers: nothing in here knows a verb."""
