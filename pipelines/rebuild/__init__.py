"""`rebuild`: the media of a release that holds labels alone, fetched, verified and cut again."""
