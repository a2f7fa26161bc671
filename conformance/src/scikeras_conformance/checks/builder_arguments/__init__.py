"""Builder arguments."""
