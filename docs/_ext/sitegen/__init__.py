"""Generates the pages that are built from data: clauses, mutants, comparison, schema."""
