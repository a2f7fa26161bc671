"""Paths of callbacks that name their fit."""

import functools
import pathlib
import pickle

import keras
import numpy as np
import pytest
from reference_models import regressor
from sklearn.model_selection import GridSearchCV, KFold

from scikeras_reference._data.rows import Rows
from scikeras_reference._training.placeholders import names_of_fit


class Noting(keras.callbacks.Callback):
    """Writes an empty file where it is told to."""

    def __init__(self, log_dir="", label="{fit}"):
        super().__init__()
        self.log_dir = log_dir
        self.label = label

    def on_train_begin(self, logs=None):
        path = pathlib.Path(self.log_dir)
        path.mkdir(parents=True, exist_ok=True)
        (path / "trained").touch()


def folders(root):
    return sorted(path.parent.relative_to(root).as_posix() for path in root.rglob("trained"))


def test_classes_and_instances(tmp_path, X, target):
    """Both have the names of the fit, alone, in lists and dicts, and for one method only."""
    template = str(tmp_path / "{fit}-{fold}" / "{params}")

    for given in (
        {"callbacks": Noting(template)},
        {"callbacks": [Noting], "callbacks__log_dir": template},
        {"fit__callbacks": {"n": Noting}, "fit__callbacks__n__log_dir": template},
    ):
        fitted = regressor(**given).fit(X, target)
        names = fitted.placeholders_
        assert f"{names['fit']}-{names['fold']}/{names['params']}" in folders(tmp_path)

    assert 3 == len(folders(tmp_path))
    assert template == given["fit__callbacks__n__log_dir"]


def test_the_callers_objects_are_left_alone(tmp_path, X, target):
    """The instance that was given keeps its template, and a label is no path (INIT-5)."""
    given = Noting(tmp_path / "{fit}")
    fitted = regressor(callbacks=given).fit(X, target)

    assert tmp_path / "{fit}" == given.log_dir
    (used,) = fitted._fit_state.callbacks[0]
    assert tmp_path / fitted.placeholders_["fit"] == used.log_dir
    assert "{fit}" == used.label


def test_keras_callbacks(tmp_path, X, target):
    """Derived paths are replaced as well, and Keras's own placeholders are left to Keras."""
    keras_callbacks = [
        keras.callbacks.ModelCheckpoint(str(tmp_path / "{fit}" / "{epoch:02d}.keras")),
        keras.callbacks.CSVLogger(str(tmp_path / "{fit}.csv")),
    ]
    fitted = regressor(callbacks=keras_callbacks, epochs=2).fit(X, target)

    name = fitted.placeholders_["fit"]
    expected = [f"{name}.csv", f"{name}/01.keras", f"{name}/02.keras"]
    found = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*") if p.is_file()]
    assert expected == sorted(found)


def test_each_fit_has_its_own_name(tmp_path, X, target):
    """`fit` anew, warm or not; `partial_fit` and a pickle belong to the fit that they go on with."""
    wrapper = regressor(callbacks=Noting(str(tmp_path / "{fit}")), warm_start=True)

    seen = {wrapper.fit(X, target).placeholders_["fit"] for _ in range(3)}
    assert 3 == len(seen)

    name = wrapper.placeholders_["fit"]
    assert name == wrapper.partial_fit(X, target).placeholders_["fit"]
    copied = pickle.loads(pickle.dumps(wrapper))
    copied.predict(X)
    assert name == copied.placeholders_["fit"] == copied.partial_fit(X, target).placeholders_["fit"]
    assert seen == set(folders(tmp_path))


@pytest.mark.parametrize(
    "n_jobs",
    [
        pytest.param(1, marks=pytest.mark.slow),
        pytest.param(2, marks=[pytest.mark.process, pytest.mark.exhaustive]),
    ],
)
def test_searches(n_jobs, tmp_path, X, target):
    """Fits do not meet; candidates of a fold share its name, and folds share their candidate's."""
    template = str(tmp_path / "{params}" / "{fold}" / "{fit}")
    wrapper = regressor(callbacks=Noting(template))

    GridSearchCV(wrapper, {"epochs": [1, 2]}, cv=3, refit=False, n_jobs=n_jobs).fit(X, target)

    parts = [path.split("/") for path in folders(tmp_path)]
    assert (6, 2, 3, 6) == (len(parts), *(len({part[i] for part in parts}) for i in range(3)))


def test_names_of_parameters():
    """They are short, safe in paths, the same in every process, and differ if parameters do."""
    X = np.eye(2)
    long = {f"parameter_{i}": "a/b\\c{}" for i in range(20)}

    names = names_of_fit(X, {**long, "callbacks__log_dir": "x", "model": print, "epochs": 1}, {})

    assert len(names["params"]) <= 80 + 9
    assert not set("/\\{}") & set(names["params"])
    assert "log_dir" not in names["params"]
    other = names_of_fit(X, {**long, "parameter_19": 1, "epochs": 1}, {})
    assert names["params"] != other["params"]
    assert names_of_fit(X, {"epochs": 1}, {"epochs": 1})["params"].startswith("defaults-")
    objects = names_of_fit(X, {"optimizer": keras.optimizers.SGD, "loss": [len, {"a": None}]}, {})
    assert objects["params"].startswith("loss=len+a_None,optimizer=SGD-")
    assert names["fold"] != names_of_fit(X + 1, {}, {})["fold"]
    assert names["fold"] != names_of_fit(np.eye(2).reshape(1, 4), {}, {})["fold"]


def _builder(meta, units):
    """Not called."""


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("optimizer", lambda: [keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2)]),
        ("loss", lambda: [keras.losses.Huber(1.0), keras.losses.Huber(2.0)]),
        ("model", lambda: [_builder, regressor]),
        ("model", lambda: [functools.partial(_builder, units=n) for n in (1, 2)]),
        ("weights", lambda: [np.arange(3), np.arange(3) + 1]),
        ("validation_split", lambda: [KFold(2), KFold(3)]),
        ("callbacks__patience", lambda: [1, 2]),
    ],
)
def test_objects_that_are_written_alike(name, values):
    """Candidates differ in their digest, which is that of an equal object in another process."""
    texts = [names_of_fit(None, {name: value}, {})["params"] for value in values() + values()]

    assert texts[:2] == texts[2:]
    assert texts[0] != texts[1]


def test_where_logs_go_is_no_parameter():
    """The same parameters have the same name, whatever the directory."""
    paths = ("one/{params}", "other/{params}")
    names = [names_of_fit(None, {"callbacks__log_dir": path}, {})["params"] for path in paths]

    assert names[0] == names[1]


def test_without_placeholders(tmp_path, X, target):
    """Nothing is computed, and there is nothing to show."""
    fitted = regressor(callbacks=Noting(str(tmp_path))).fit(X, target)

    assert fitted._fit_state.names is None
    with pytest.raises(AttributeError, match="no placeholders"):
        _ = fitted.placeholders_


def test_folds_of_rows_on_disk_and_of_several_inputs():
    """The same fold has the same name, and others have others."""
    rows = Rows(np.eye(6))
    inputs = {"a": np.arange(6), "b": np.eye(6)}
    folds = [np.array([0, 1, 2]), np.array([3, 4, 5])]
    of_rows = [names_of_fit(rows[fold], {}, {})["fold"] for fold in [*folds, *folds]]
    of_inputs = [
        names_of_fit({name: array[fold] for name, array in inputs.items()}, {}, {})["fold"]
        for fold in [*folds, *folds]
    ]
    for names in (of_rows, of_inputs):
        assert names[:2] == names[2:]
        assert 2 == len(set(names))
