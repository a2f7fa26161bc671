"""The commit of a file that lies in a git checkout."""

import os
import subprocess
from pathlib import Path
from shutil import which

__all__ = ["commit_of"]

SECONDS = 10.0
LENGTH = 12


def commit_of(file: Path) -> str | None:
    """Return the commit that a file is of, followed by "+changes" if its folder was changed since.

    Parameters
    ----------
    file : Path
        A file.

    Returns
    -------
    str or None
        None without git, outside a checkout, and for a file that git does not track: one in a
        virtual environment within a checkout, for instance.
    """
    git = which("git")
    if git is None:
        return None
    folder = file.parent
    if _output(git, folder, "ls-files", "--error-unmatch", "--", file.name) is None:
        return None
    commit = _output(git, folder, "rev-parse", f"--short={LENGTH}", "HEAD")
    if not commit:  # there is no commit yet
        return None
    changes = _output(git, folder, "status", "--porcelain", "--", ".")
    return f"{commit}+changes" if changes or changes is None else commit


def _output(git: str, folder: Path, *arguments: str) -> str | None:
    """Return what a command of git prints; None if it fails."""
    # In a hook, variables name the repository that the hook is of.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # A repository may configure programs to be started.
    command = [git, "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - git, and a file that was imported
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
