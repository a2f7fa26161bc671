"""HYG-6: nothing is printed in later calls, with weights, or in several batches."""

import io
from contextlib import redirect_stderr
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_model
from scikeras_conformance.checks._support.many_rows import many_rows
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks.hygiene.printed_output import captured
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "HYG-6.later-calls",
    verifies="with verbose=0 no method writes to standard output or to standard error, in later "
    "calls, with weights, in several batches and epochs",
    impact="the log of a search is full of bars that Keras was asked not to show",
    wrappers=ESTIMATORS,
    cases=["cold", "warm"],
)
def later_calls(context: CheckContext) -> None:
    X, y = many_rows(context)

    def build() -> Any:
        helper = helper_model(context)
        model = doubles.make_model(helper.data, helper.activation, cls=keras.Model)
        model.compile(optimizer="sgd", loss=helper.loss, run_eagerly=True)
        return model

    warm = {"warm_start": True} if context.case == "warm" else {}
    estimator = context.make(build, verbose=0, **accepted(context, epochs=3, **warm))
    weights = {"sample_weight": np.linspace(0.5, 2.0, len(y))}
    calls: list[tuple[str, dict[str, Any]]] = [
        *(("fit", given) for given in ({}, weights)),
        *(("partial_fit", given) for given in ({}, weights)),
        *((name, {}) for name in ("predict", "predict_proba", "decision_function")),
        *(("score", given) for given in ({}, weights)),
    ]
    for number, (method, given) in enumerate(calls):
        if not hasattr(context.cls, method):
            continue
        data = (X, y) if method in {"fit", "partial_fit", "score"} else (X,)
        texts: list[str] = []
        errors = io.StringIO()
        with captured(texts), redirect_stderr(errors):
            context.call(estimator, method, *data, **given)
        what = f"call {number + 1}, {method}({', '.join(['...', *given])}),"
        context.require(not texts[0], f"{what} with verbose=0 printed {show(texts[0])}")
        found = errors.getvalue()
        context.require(not found, f"{what} with verbose=0 wrote {show(found)} to standard error")
