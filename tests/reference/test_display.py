"""Plots of histories, the HTML representation, and quiet searches."""

import sys

import keras
import matplotlib as mpl
import numpy as np
import pytest
import sklearn
from reference_models import classifier, regressor
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scikeras_reference import _representation
from scikeras_reference.display import HistoryDisplay
from scikeras_reference.exceptions import ParameterError, WrapperWarning
from scikeras_reference.model_selection import BestEpochScorer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_window():
    mpl.use("agg")
    yield
    sys.modules["matplotlib.pyplot"].close("all")


def curves(display):
    """Return label, epochs and values of each curve."""
    return [
        (line.get_label(), line.get_xdata().tolist(), list(line.get_ydata()))
        for line in display.lines_
    ]


@pytest.mark.parametrize("wrap", [lambda w: w, lambda w: make_pipeline(StandardScaler(), w)])
def test_the_history_of_an_estimator(wrap, X, target):
    """A curve for training, and one for validation in the same color."""
    fitted = wrap(regressor(epochs=3, validation_split=0.5)).fit(X, target)
    history = (fitted[-1] if hasattr(fitted, "steps") else fitted).history_

    display = HistoryDisplay.from_estimator(fitted, linewidth=3)

    expected = [
        ("training", [1, 2, 3], history["loss"]),
        ("validation", [1, 2, 3], history["val_loss"]),
    ]
    assert expected == curves(display)
    assert 1 == len({line.get_color() for line in display.lines_})
    assert {3} == {line.get_linewidth() for line in display.lines_}
    assert ("Epoch", "loss") == (display.ax_.get_xlabel(), display.ax_.get_ylabel())


def test_axes_and_metric_of_the_user(X, target):
    """The plot is where the user wants it, of what the user wants."""
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    fitted = regressor(metrics="mae").fit(X, target)

    display = HistoryDisplay.from_estimator(
        fitted, metric="mean_absolute_error", label="mine", ax=ax
    )

    assert (ax, ax.figure) == (display.ax_, display.figure_)
    assert [("mine: training", [1], fitted.history_["mean_absolute_error"])] == curves(display)


def test_validation_in_some_epochs(X, target):
    """Their values stand where they were measured."""
    fitted = regressor(epochs=4, validation_split=0.5, fit__validation_freq=2).fit(X, target)

    assert [2, 4] == curves(HistoryDisplay.from_estimator(fitted))[1][1]
    with pytest.warns(WrapperWarning, match="which epochs"):
        display = HistoryDisplay({"": {"loss": [1.0] * 5, "val_loss": [1.0]}}).plot()
    assert 1 == len(display.lines_)


@pytest.mark.costly
def test_searches(X, target):
    """The curves of the best estimator, with the best epochs of its folds where they are known."""
    wrapper = regressor(epochs=2, validation_split=KFold(2))
    grid = {"optimizer__0": [0.01, 0.1]}

    plain = HistoryDisplay.from_search(GridSearchCV(wrapper, grid, cv=2).fit(X, target))
    assert ["training", "validation"] == [name for name, *_ in curves(plain)]
    assert 2 == len(plain.ax_.lines)

    search = GridSearchCV(wrapper, grid, cv=3, scoring=BestEpochScorer(), refit="score")
    marked = HistoryDisplay.from_search(search.fit(X, target))
    names = [f"split{i}_test_best_epoch" for i in range(3)]
    expected = [int(search.cv_results_[name][search.best_index_]) for name in names]
    assert expected == marked.best_epochs == [line.get_xdata()[0] for line in marked.ax_.lines[2:]]


def test_folds(X, target):
    """One pair of curves for each fold."""
    results = cross_validate(regressor(), X, target, cv=2, return_estimator=True)

    display = HistoryDisplay.from_cross_validation(results)

    assert ["fold 1: training", "fold 2: training"] == [name for name, *_ in curves(display)]


def test_what_cannot_be_plotted(X, target):
    """Each error names what is missing."""
    search = GridSearchCV(regressor(), {"epochs": [1]}, cv=2, refit=False).fit(X, target)
    for message, plot in (
        ("has no history_", lambda: HistoryDisplay.from_estimator(regressor())),
        ("refit=True", lambda: HistoryDisplay.from_search(search)),
        ("return_estimator=True", lambda: HistoryDisplay.from_cross_validation({})),
        (
            "has no such quantity. It has loss",
            lambda: HistoryDisplay.from_estimator(regressor().fit(X, target), metric="auc"),
        ),
    ):
        with pytest.raises(ParameterError, match=message):
            plot()


@pytest.mark.fast
def test_without_matplotlib(X, target, monkeypatch):
    """The error says what to install; nothing else of the package needs it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match="pip install matplotlib"):
        HistoryDisplay.from_estimator(regressor().fit(X, target))


def test_layers_in_notebooks(X, y3):
    """A fitted estimator shows its layers; names are escaped, and nothing is shown before."""
    clf = classifier()
    assert "<summary>Sequential" not in clf._repr_html_()

    clf.fit(X, y3)

    for html in (clf._repr_html_(), clf._repr_mimebundle_()["text/html"]):
        assert "Sequential: 1 layers, 12 parameters" in html
        assert "<td>Dense</td><td>(None, 3)</td><td>12</td>" in html
    with sklearn.config_context(display="text"):
        assert not hasattr(clf, "_repr_html_")
        assert {"text/plain"} == set(clf._repr_mimebundle_())


def test_layers_that_are_not_built():
    """They have no shape and no number of parameters yet."""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = keras.layers.Dense(1, name="<first>")

    html = _representation.layers_as_html(Own())
    assert "<td>&lt;first&gt;</td><td>Dense</td><td></td><td>not built</td>" in html


@pytest.mark.parametrize("url", [None, "https://docs.example"])
def test_the_link_to_the_documentation(url, monkeypatch):
    """The metadata of the package have it; without it there is no link, least of all a wrong one."""
    monkeypatch.setattr(_representation, "documentation_url", lambda: url)

    page = "https://docs.example/reference/docstrings/scikeras_reference.KerasClassifier.html"
    html = classifier()._repr_html_()

    assert (url is not None) == (page in html)
    assert "KerasClassifier.html" not in html.replace(page, "")


def test_the_metadata_are_read(monkeypatch):
    """The entry called Documentation counts."""

    class Metadata:
        def get_all(self, name):
            return ["Source, https://code.example", "Documentation, https://docs.example/"]

    monkeypatch.setattr("importlib.metadata.metadata", lambda name: Metadata())
    assert "https://docs.example" == _representation.documentation_url.__wrapped__()


@pytest.mark.parametrize(
    "n_jobs", [1, pytest.param(2, marks=[pytest.mark.process, pytest.mark.exhaustive])]
)
def test_searches_are_quiet(n_jobs, X, y3, capfd):
    """With verbose=0, nothing is printed, in worker processes neither (HYG-6)."""
    search = GridSearchCV(classifier(), {"epochs": [1, 2]}, cv=2, n_jobs=n_jobs, verbose=0)

    search.fit(X, y3)

    assert np.isfinite(search.best_score_)
    assert "" == capfd.readouterr().out
