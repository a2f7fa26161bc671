"""Routed parameters."""
