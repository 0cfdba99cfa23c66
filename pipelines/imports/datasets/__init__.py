"""Datasets of any layout come in: shards, tables with media in them, manifests and folders, each read as rows."""
