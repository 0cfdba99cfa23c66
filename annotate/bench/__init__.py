"""Benchmarks: frozen references, and the figures of models beside people and chance."""
