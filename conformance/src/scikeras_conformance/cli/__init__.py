"""The command line: a module for ``run``, and one for each family of commands that run no check."""
