"""Hygiene."""
