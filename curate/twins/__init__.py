"""Near-duplicates: fingerprints that are close to each other, looked for in a whole table at once."""
