"""Drives estimators through sequences of calls, and compares them with the model of the contract.

`table` and `strategy` have the sequences, `driving` executes one, `observations` reads what is
compared, and `family` runs all of them once for each class and answers for one clause at a time.
"""
