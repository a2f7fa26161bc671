"""Sklearn rules."""
