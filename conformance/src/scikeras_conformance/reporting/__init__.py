"""Views of one run."""
