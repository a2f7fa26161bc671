"""Wrapper classes."""
