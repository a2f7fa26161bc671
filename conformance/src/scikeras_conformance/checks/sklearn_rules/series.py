"""SKL-5: targets and weights in series of pandas."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.frames import import_library
from scikeras_conformance.checks._support.helper_models import helper_model, loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.scoring import fitted_stub
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SKL-5.series-of-text",
    verifies="predict returns the labels of a series of text, whatever type pandas has for it",
    impact="the column of labels of a file that pandas read cannot be learned",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["str", "string"],
    also=["CLS-4"],
    needs=[Capability.BUILDERS],
)
def series_of_text(context: CheckContext) -> None:
    data = doubles.classes_dataset(np.array(["no", "perhaps", "yes"]))
    series = import_library(context, "pandas").Series(data.y, dtype=context.case)
    build = oracle_builder(data, "softmax", loss_of_classes(context))

    with provided(lambda: context.fit(context.make(build), data.X, data.y)):
        estimator = context.make(build)
        context.observe.fit(estimator, data.X, series)
        predicted = context.observe.predict(estimator, data.X)
        # The shape is the business of CLS-4b.
        found = as_array(context, predicted, "predict").ravel().tolist()
        context.require(
            found == data.y.tolist(),
            f"predict returned {show(found[:3])} ..., not {show(data.y[:3])}",
        )


@check(
    "SKL-5.series-of-weights",
    verifies="score counts weights in a series as it counts those in an array",
    impact="a weighted score is silently computed without weights that are a column of a frame",
    wrappers=ESTIMATORS,
    also=["SCORE-3"],
    needs=[Capability.BUILDERS],
)
def series_of_weights(context: CheckContext) -> None:
    data = helper_model(context).data
    estimator = fitted_stub(context, data)
    truth, weights = data.y.copy(), np.linspace(0.5, 2.0, len(data.y)) ** 3
    truth[:2] = truth[:2][::-1].copy()  # two rows are predicted wrongly
    series = import_library(context, "pandas").Series(weights)
    without, expected = (
        float(context.call(estimator, "score", data.X, truth, **given))
        for given in ({}, {"sample_weight": weights})
    )
    if np.isclose(without, expected):
        context.stop(
            "score(sample_weight=...)",
            "does not count the weights of an array",
            follows="SCORE-3.sample-weight",
        )
    found: Any = context.observe.call(estimator, "score", data.X, truth, sample_weight=series)
    context.require(
        bool(np.isclose(float(found), expected)),
        f"score is {show(found)} with weights in a series, {show(expected)} with the same in an "
        f"array, and {show(without)} without weights",
    )
