"""State and concurrency: one room per verb, each `want minus have = todo, do it, commit`."""
