"""A Keras, TensorFlow or JAX without a private name costs speed, and nothing else."""

import ast
import importlib
import random
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import scikeras_reference
from scikeras_reference import KerasRegressor
from scikeras_reference._backends import random_generators
from scikeras_reference._shared_steps import private_names
from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.keras_internals.attributes import (
    IGNORED,
    IGNORED_FOR_PREDICTIONS,
)
from scikeras_reference._shared_steps.private_names import (
    NAMES,
    OLDER_KERAS_VERSIONS,
    objects,
    require_attributes,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._training.fit import SETTING
from scikeras_reference._training.seeding import seeded
from scikeras_reference.shared_steps import explain

PACKAGE = Path(scikeras_reference.__file__).parent
BACKEND = keras.backend.backend()
X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
HERE = [name for name in NAMES if BACKEND in name.backends]
IN_MODULES = [name for name in HERE if name.in_module]
OF_OBJECTS = [name for name in HERE if not name.in_module]
SHARED = BACKEND != "torch" and not keras.__version__.startswith(OLDER_KERAS_VERSIONS)
where_shared = pytest.mark.skipif(not SHARED, reason="shared steps are off anyway")


def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])


def trained():
    arguments = {"loss": "mse", "metrics": ["mae"], "random_state": 0, "verbose": 0, "epochs": 2}
    regressor = KerasRegressor(build, **arguments)
    return regressor.fit(X, X[:, 0])


def outcome():
    """Return what a seeded fit and a prediction give."""
    fitted = trained()
    return fitted.history_, fitted.predict(X).tobytes()


@pytest.fixture(scope="module")
def expected():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, "0")
        return outcome()


@pytest.fixture(autouse=True)
def _shares(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    CACHE.clear()
    yield
    CACHE.clear()


@where_shared
@pytest.mark.slow
@pytest.mark.parametrize("name", IN_MODULES, ids=lambda name: f"{name.owner}.{name.name}")
def test_a_name_of_a_module_that_moves_costs_no_fit(name, expected):
    """Fit, seeding and prediction are Keras's own, and the reason names what is missing."""
    model = trained().model_
    assert explain(model) is None
    namespace = vars(importlib.import_module(name.owner))
    missing = Missing(namespace, name.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "scikeras_reference._shared_steps.private_names.module",
            lambda owner: missing if owner == name.owner else importlib.import_module(owner),
        )
        reason, count = explain(model), len(CACHE)
        assert f"has no {name.owner}.{name.name}" in reason
        assert expected == outcome()
        assert count == len(CACHE)


class Missing:
    """Stands for a module without one of its names."""

    def __init__(self, namespace, missing):
        vars(self).update({key: value for key, value in namespace.items() if key != missing})


@where_shared
@pytest.mark.slow
@pytest.mark.parametrize("owner", sorted({name.owner for name in IN_MODULES}))
def test_a_module_that_moves_costs_no_fit(owner, expected, monkeypatch):
    """A module that cannot be imported is as good as one without its names."""

    def find(name):
        if name == owner:
            raise ImportError(name)
        return importlib.import_module(name)

    monkeypatch.setattr("scikeras_reference._shared_steps.private_names.module", find)

    assert expected == outcome()


class Without:
    """Stands for an object without one of its attributes."""

    def __init__(self, other, missing):
        self.other, self.missing = other, missing

    def __getattr__(self, name):
        if name == self.missing:
            raise AttributeError(name)
        return getattr(self.other, name)


@where_shared
@pytest.mark.slow
@pytest.mark.parametrize("name", OF_OBJECTS, ids=lambda name: f"{name.owner}.{name.name}")
def test_an_attribute_that_moves_costs_no_fit(name, expected, monkeypatch):
    """What shared steps see lacks it; Keras itself has it, wherever it is now."""
    found = objects

    def without(model):
        parts = found(model)
        if parts.get(name.owner) is not None:
            parts[name.owner] = Without(parts[name.owner], name.name)
        return parts

    monkeypatch.setattr("scikeras_reference._shared_steps.private_names.objects", without)

    assert expected == outcome()
    assert name.name in private_names._COMPILED or 0 == len(CACHE)
    compiled = build()
    compiled.compile("adam", "mse", metrics=["mae"])
    with pytest.raises(NotSharedError, match=f"has no .*{name.name}"):
        require_attributes(compiled, training=True)


@pytest.mark.slow
@pytest.mark.parametrize("moved", random_generators.PRIVATE_NAMES, ids=".".join)
def test_seeding_falls_back_to_public_functions(moved, expected, monkeypatch, caplog):
    """A seeded fit is still reproducible, other generators are restored, and one warning says so."""
    random_generators._warn_once.cache_clear()
    private = random_generators._private

    def without(names):
        if moved in names:
            raise AttributeError(f"{moved[0]} has no {moved[1]}")
        return private(names)

    monkeypatch.setattr(random_generators, "_private", without)
    before = random.getstate()
    first, second = outcome(), outcome()

    assert before == random.getstate()
    assert expected == first == second
    logged = [r.getMessage() for r in caplog.records if r.name == "scikeras_reference.seeding"]
    needed = moved[0].startswith("keras") or "tensorflow" in sys.modules
    assert needed == len(logged)


def test_a_generator_that_cannot_be_read_starts_anew_after_a_block(monkeypatch):
    """Its next numbers are not those of the block, and are the same in each run."""
    monkeypatch.setattr(random_generators, "_of_tensorflow", list)
    monkeypatch.setattr(
        random_generators, "_of_keras", lambda: random_generators._save_publicly(seeds.append)
    )
    seeds = []
    with seeded(3):
        pass
    first, seeds[:] = list(seeds), []
    with seeded(3):
        pass

    assert 3 == first[0]
    assert 3 != first[1]
    assert first == seeds


def sources():
    """Return the modules that may use private names."""
    return [*(PACKAGE / "_shared_steps").rglob("*.py"), *(PACKAGE / "_backends").glob("*.py")]


OTHER_NAMES = IGNORED | IGNORED_FOR_PREDICTIONS | {
    "_rng",  # of TensorFlow's eager context, saved if it is there
    "_seed",
    "_exclude_from_weight_decay",  # not shared if it is there
    "_exclude_from_weight_decay_pattern",
    "_var_key",  # the tests of given optimizers fail without these two
    "_learning_rate",
    "_remat_mode",
    "_resolved_output_names",  # left out if it is there
    "_initializer",  # the end of names that are left out
    "_self_",  # the beginning of those of wrapt
    "_functional",
    "_function",  # the ends of public names
    "_step",
    "_replace",  # of named tuples
}  # fmt: skip


def test_the_table_of_private_names_is_complete():
    """Every private module and attribute in the code stands in a table."""
    modules = {name.owner for name in NAMES} | {
        owner for owner, _ in random_generators.PRIVATE_NAMES
    }
    attributes = {name.name for name in NAMES} | OTHER_NAMES
    unknown = []
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
                mine = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
                if not mine and node.attr not in attributes | own:
                    unknown.append((path.name, node.attr))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if re.fullmatch(r"_[a-z]\w*", text) and text not in attributes:
                    unknown.append((path.name, text))
                private = re.fullmatch(r"(keras\.src|tensorflow\.python|jax\._src)[\w.]*\w", text)
                if private and text not in modules and path.name != "own_code.py":
                    unknown.append((path.name, text))

    assert [] == unknown


def test_private_names_are_used_nowhere_else():
    """No other module of the package looks behind the public names of Keras or of a backend."""
    others = set(PACKAGE.rglob("*.py")) - set(sources())
    found = [
        path.name
        for path in others
        if re.search(r"keras\.src|tensorflow\.python|jax\._src", path.read_text(encoding="utf-8"))
    ]

    assert [] == found
