"""Shared steps on TensorFlow: traced graphs, and batches cut out of arrays."""
