"""How notebooks show an estimator: scikit-learn's diagram, a link, and the layers of the model."""

import functools
import importlib.metadata
from collections.abc import Callable
from html import escape
from typing import Any

from sklearn import get_config
from sklearn.utils import estimator_html_repr

__all__ = ["Representation", "documentation_url", "layers_as_html"]

_DISTRIBUTION = "scikeras-reference"
_PAGES = "/reference/docstrings/scikeras_reference.{estimator_name}.html"
_ROW = "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"
_NO_LINK = "sklearn"  # scikit-learn links no class of another module then


class Representation:
    """Shows an estimator in notebooks; comes before scikit-learn's ``BaseEstimator``."""

    model_: Any

    @property
    def _doc_link_module(self) -> str:
        return "scikeras_reference" if documentation_url() else _NO_LINK

    @property
    def _doc_link_template(self) -> str:
        return (documentation_url() or "") + _PAGES

    def _html(self) -> str:
        shown: str = estimator_html_repr(self)
        return shown + layers_as_html(self.model_) if "model_" in vars(self) else shown

    @property
    def _repr_html_(self) -> Callable[[], str]:
        if get_config()["display"] != "diagram":
            raise AttributeError("_repr_html_ is there if sklearn.set_config(display='diagram').")
        return self._html

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        del kwargs
        bundle = {"text/plain": repr(self)}
        if get_config()["display"] == "diagram":
            bundle["text/html"] = self._html()
        return bundle


@functools.cache
def documentation_url() -> str | None:
    """Return the address of the documentation, as the metadata of the package have it."""
    try:
        entries = importlib.metadata.metadata(_DISTRIBUTION).get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    urls = (entry.partition(",") for entry in entries)
    found = [url.strip() for label, _, url in urls if label.strip().lower() == "documentation"]
    return found[0].rstrip("/") if found else None


def layers_as_html(model: Any) -> str:
    """Return a table of the layers of a model, to unfold.

    Parameters
    ----------
    model : keras.Model
        Built, or not yet.

    Examples
    --------
    >>> import keras
    >>> model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3, name="<b>")])
    >>> "<td>&lt;b&gt;</td><td>Dense</td><td>(None, 3)</td><td>9</td>" in layers_as_html(model)
    True
    """
    rows = [
        _ROW.format(*(escape(str(value)) for value in _describe(layer)))
        for layer in getattr(model, "layers", [])
    ]
    total = _parameters_of(model)
    header = "<tr><th>layer</th><th>class</th><th>output</th><th>parameters</th></tr>"
    return (
        f"<details><summary>{escape(type(model).__name__)}: {len(rows)} layers, {total}"
        f" parameters</summary><table>{header}{''.join(rows)}</table></details>"
    )


def _describe(layer: Any) -> tuple[Any, ...]:
    try:
        shape: Any = tuple(layer.output.shape)
    except (AttributeError, ValueError):  # never called, or with several outputs
        shape = ""
    return layer.name, type(layer).__name__, shape, _parameters_of(layer)


def _parameters_of(layer: Any) -> Any:
    try:
        return layer.count_params()
    except ValueError:
        return "not built"
