"""The command line in a process of its own, for the tests that need one."""

import subprocess
import sys


def on_one_line(text):
    """Return what a terminal shows without its line breaks, which stand anywhere."""
    return " ".join(text.split())


def conformance(*arguments, cwd=None):
    """Run ``scikeras-conformance`` as a user does."""
    command = [sys.executable, "-m", "scikeras_conformance", *arguments]
    return subprocess.run(
        command,
        capture_output=True, text=True, check=False, cwd=cwd, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip
