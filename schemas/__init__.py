"""The nouns of emocurate, in the standard library alone: everything else is built on these."""
