"""How to see a failure again: by a command of the suite, or by a script that runs without it."""
