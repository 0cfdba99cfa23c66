"""What runs inside our own Label Studio, by its Python: this folder is on that process's path, never on ours."""
