"""Checks as data: their records, the selection and plan of a run, results, counts, verdict.

Nothing here imports Keras, scikit-learn or NumPy, and nothing runs a check.
"""
