"""Writes the pages of the site that come out of data: clauses, mutants, comparison, schema."""
