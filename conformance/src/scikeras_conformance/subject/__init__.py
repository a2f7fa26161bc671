"""Subject."""
