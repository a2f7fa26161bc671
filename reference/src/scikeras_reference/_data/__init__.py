"""X, y and weights on their way in, the encoders, and the form of target that a loss wants."""
