"""Measures the reference against bare Keras and against other wrappers; see ``scripts/bench``."""
