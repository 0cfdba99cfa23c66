"""To people and back: Label Studio, `push`, `pull`, and what to ask next."""
