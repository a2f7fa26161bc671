"""Target types."""
