"""Runs one check: its context, isolation, device and environment."""
