"""Shared steps on JAX: compiled programs."""
