"""What differs between TensorFlow, JAX and PyTorch, and private names of Keras that fits need."""
