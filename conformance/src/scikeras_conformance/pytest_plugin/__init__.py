"""The suite as a pytest plugin, and as tests of a project's own."""
