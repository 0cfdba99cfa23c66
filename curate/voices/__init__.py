"""Voices: where somebody speaks, and what the sound is like."""
