"""Finds and calls the builder, makes Keras objects, and compiles."""
