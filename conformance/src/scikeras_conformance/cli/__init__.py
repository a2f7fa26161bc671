"""The commands that run no check, a module for each kind."""
