#!/usr/bin/env python3
"""List the private names of Keras and its backend that the reference uses, and which are missing.

    KERAS_BACKEND=jax scripts/private_names.py

Looks at the installed versions, whether they were checked or not. Exit code 1 if a name is missing.
"""

import importlib
import sys
from typing import Any

import keras
import numpy as np

from scikeras_reference._backends.generators import PRIVATE_NAMES as SEEDING
from scikeras_reference._shared_steps import private_names
from scikeras_reference._shared_steps.refusal_log import NotSharedError

_MISSING = object()


def trained_model() -> keras.Model:
    """Return a model that has all that compiling and training give it."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.train_on_batch(np.zeros((1, 2)), np.zeros((1, 1)))
    return model


def found(owner: str, name: str, parts: dict[str, Any]) -> bool:
    """Whether there is such a name, in a module or in a part of a model."""
    if owner.startswith("<"):
        return getattr(parts.get(owner), name, _MISSING) is not _MISSING
    try:
        return hasattr(importlib.import_module(owner), name)
    except ImportError:
        return False


def main() -> None:
    """Print the table."""
    backend = keras.backend.backend()
    library = sys.modules.get(backend)
    print(f"Keras {keras.__version__}, {backend} {getattr(library, '__version__', '')}")
    try:
        private_names.require_versions()
    except NotSharedError as reason:
        print(f"not admitted: {reason}")
    parts = private_names.objects(trained_model())
    names = [(owner, name) for owner, name, used in private_names.NAMES if backend in used]
    names += [one for one in SEEDING if one[0].partition(".")[0] in {"keras", backend}]
    missing = [f"{owner} {name}" for owner, name in names if not found(owner, name, parts)]
    print(f"{len(names)} private names, {len(missing)} missing")
    print("".join(f"  {one}\n" for one in missing), end="")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
