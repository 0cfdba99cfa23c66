"""`bench make` and `bench score`: what a benchmark freezes and how it lies on a disk."""
