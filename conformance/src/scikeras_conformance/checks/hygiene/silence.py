"""HYG-6: nothing is printed in later calls, with weights, or in several batches."""

import io
from contextlib import redirect_stderr
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_model
from scikeras_conformance.checks._support.many_rows import many_rows
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import accepted, call_if_it_works
from scikeras_conformance.checks.hygiene.printed_output import captured
from scikeras_conformance.runner.context import CheckContext, show

NEEDED = (0, 4)
"""The positions of the calls that have to work: the first fit, and predict."""


@check(
    "HYG-6.later-calls",
    verifies="with verbose=0 no method writes to standard output or to standard error, in later "
    "calls, with weights, in several batches and epochs, of which a callback skips some",
    impact="the log of a search is full of bars that Keras was asked not to show",
    wrappers=ESTIMATORS,
    cases=["cold", "warm", "validated", "stopped"],
)
def later_calls(context: CheckContext) -> None:
    X, y = many_rows(context)

    def build() -> Any:
        helper = helper_model(context)
        model = doubles.make_model(helper.data, helper.activation, cls=keras.Model)
        model.compile(optimizer="sgd", loss=helper.loss, run_eagerly=True)
        return model

    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            self.model.stop_training = True

    more: dict[str, dict[str, Any]] = {
        "stopped": {"callbacks": Stop},
        "warm": {
            "warm_start": True,
            **({"class_weight": "balanced"} if context.is_classifier else {}),
        },
        "validated": {
            "validation_split": 0.25,
            "random_state": 3,
            **({"class_weight": {0: 1.0, 1: 2.0}} if context.is_classifier else {}),
        },
    }
    given = accepted(context, epochs=3, **more.get(context.case, {}))
    estimator = context.make(build, verbose=0, **given)
    weights = {"sample_weight": np.linspace(0.5, 2.0, len(y))}
    calls: list[tuple[str, dict[str, Any]]] = [
        *(("fit", given) for given in ({}, weights)),
        *(("partial_fit", given) for given in ({}, weights)),
        *((name, {}) for name in ("predict", "predict_proba", "decision_function")),
        *(("score", given) for given in ({}, weights)),
        ("initialize", {}),
    ]
    for number, (method, given) in enumerate(calls):
        if not hasattr(context.cls, method):
            continue
        takes_target = method in {"fit", "partial_fit", "score", "initialize"}
        data = (X, y) if takes_target else (X,)
        texts: list[str] = []
        errors = io.StringIO()
        with captured(texts), redirect_stderr(errors):
            if number in NEEDED:
                context.call(estimator, method, *data, **given)
            elif not call_if_it_works(context, estimator, method, *data, **given):
                continue
        what = f"call {number + 1}, {method}({', '.join(['...', *given])}),"
        context.require(not texts[0], f"{what} with verbose=0 printed {show(texts[0])}")
        found = errors.getvalue()
        context.require(not found, f"{what} with verbose=0 wrote {show(found)} to standard error")
