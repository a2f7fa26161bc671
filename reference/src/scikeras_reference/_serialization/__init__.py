"""Pickles and copies of models and of Keras objects."""
