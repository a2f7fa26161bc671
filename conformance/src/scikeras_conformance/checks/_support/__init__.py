"""Helpers that several modules of checks use."""
