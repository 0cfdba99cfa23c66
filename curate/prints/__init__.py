"""Fingerprints: what stays the same of a picture or a sound when it is encoded anew, made louder or cut shorter."""
