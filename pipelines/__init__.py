"""State and concurrency: what verbs do, each as `want minus have = todo, do it, commit`."""

import os

# Libraries read these when they are imported, so they are set before any of them is.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
