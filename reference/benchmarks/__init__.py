"""Benchmarks of the reference, bare Keras and other wrappers; run them with ``scripts/bench``."""
