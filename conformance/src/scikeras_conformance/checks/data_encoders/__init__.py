"""Data encoders."""
