"""HYG-6: nothing is printed with ``verbose=0``."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_model
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.preparation import call_if_it_works
from scikeras_conformance.runner.context import CheckContext, show


@contextmanager
def captured(texts: list[str]) -> Iterator[None]:
    """Capture standard output of a block, from Python and from native code."""
    sys.stdout.flush()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            with redirect_stdout(file):
                yield
        finally:
            file.flush()
            os.dup2(kept, 1)
            os.close(kept)
            file.seek(0)
            texts.append(file.read())


def _talkative_builder(context: CheckContext) -> Callable[[], Any]:
    """Return a builder of models that print what Keras prints, unless verbose is 0."""

    def build() -> Any:
        helper = helper_model(context)
        model = doubles.make_model(helper.data, helper.activation, cls=keras.Model)
        model.compile(optimizer="sgd", loss=helper.loss, run_eagerly=True)
        return model

    return build


QUIET: dict[str, dict[str, Any]] = {
    "named": {"verbose": 0},
    "routed": {"fit__verbose": 0, "predict__verbose": 0},
}
OPTIONAL = ("score", "predict_proba", "decision_function", "partial_fit", "initialize")
"""Methods that are tried; whether the subject has them, and they work, other checks are about."""


@check(
    "HYG-6.nothing-printed",
    verifies="with verbose=0 no method writes to standard output",
    impact="progress bars bury the results of a search, and piped output contains text among "
    "the data",
    cases=[*QUIET, "keyword"],
)
def nothing_printed(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(_talkative_builder(context), **QUIET.get(context.case, {}))
    keyword = {} if context.case in QUIET else {"verbose": 0}
    methods = ["fit", "predict"]
    # A keyword is for the methods that call Model.fit or Model.predict directly.
    optional = ("predict_proba",) if keyword else OPTIONAL
    for name in optional:
        is_there = hasattr(estimator, name)
        if is_there and not (name == "score" and context.wrapper is Wrapper.BASE):
            methods.append(name)
    for name in methods:
        takes_target = name in {"fit", "partial_fit", "initialize", "score"}
        texts: list[str] = []
        data = (X, y) if takes_target else (X,)
        with captured(texts):
            if name not in OPTIONAL:
                context.call(estimator, name, *data, **keyword)
            elif not call_if_it_works(context, estimator, name, *data, **keyword):
                continue
        context.require(not texts[0], f"{name} with verbose=0 printed {show(texts[0])}")


@check(
    "HYG-6.verbose-arrives",
    verifies="verbose=0 reaches Model.fit and Model.predict unchanged",
    impact="a wrapper that captures the output also hides what a user's callback prints",
)
def verbose_arrives(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context), verbose=0)
    context.fit(estimator, X, y)
    context.predict(estimator, X)
    log = context.recording_model(estimator).log
    for method, calls in (("Model.fit", log.fits), ("Model.predict", log.predicts)):
        for call in calls:
            found = call.get("verbose")
            # False equals 0, and "auto", the default of Keras, does not.
            quiet = isinstance(found, int) and found == 0
            context.require(quiet, f"{method} received verbose={show(found)}, not 0")
