"""What differs between TensorFlow, JAX and PyTorch, and private names of Keras that fits need."""

DEFAULT_BATCH_SIZE = 32
"""Rows of a batch, unless Keras is given their number."""
