#!/usr/bin/env python3
"""Make a Keras of tomorrow: a copy of the installed one, of version 3.16.0, that moved three names.

    scripts/simulate_keras.py FOLDER
    PYTHONPATH=FOLDER KERAS_BACKEND=jax scripts/private_names.py

docs/maintaining.md practices on it; a test shows that it costs speed and nothing else.
"""

import argparse
import importlib.util
import re
import shutil
from pathlib import Path

VERSION = "3.16.0"
MOVED = {
    # A module, an attribute and a method that shared steps use.
    r"\bkeras\.src\.ops\.node\b": "keras.src.ops.graph_node",
    r"\b_loss_tracker\b": "_loss_mean",
    r"\b_symbolic_build\b": "_build_for_batch",
}


def simulate(folder: Path) -> None:
    """Write the package ``keras`` into a folder."""
    spec = importlib.util.find_spec("keras")
    if spec is None or spec.origin is None:
        raise ImportError("There is no Keras to copy: python -m pip install keras")
    copy = folder / "keras"
    ignored = shutil.ignore_patterns("__pycache__", "*_test.py")
    shutil.copytree(Path(spec.origin).parent, copy, ignore=ignored)
    (copy / "src/ops/node.py").rename(copy / "src/ops/graph_node.py")
    for path in copy.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        changed = text
        for old, new in MOVED.items():
            changed = re.sub(old, new, changed)
        if path.name == "version.py":
            changed = re.sub(r'(__version__ = )"[^"]+"', rf'\1"{VERSION}"', changed)
        if changed != text:
            path.write_text(changed, encoding="utf-8")


def main() -> None:
    """Make the copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="an empty folder, for PYTHONPATH")
    simulate(parser.parse_args().folder)


if __name__ == "__main__":
    main()
