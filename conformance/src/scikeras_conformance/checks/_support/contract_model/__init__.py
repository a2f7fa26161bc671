"""The contract as a model: what an estimator is like after any sequence of calls.

No wrapper is in here. `tasks` has data whose predictions are known, `calls` the calls, and
`expectations` what each call leaves behind.
"""
