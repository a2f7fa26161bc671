"""API-11: ``class_weight`` as keyword argument of one call."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.training import learner, require_weights, train
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

LABELS = (3, 7)


@check(
    "API-11.class-weight",
    verifies="class_weight of a call, also None, replaces the parameter for that call only",
    impact="later trainings weigh the classes by what one call was given, or a call cannot do "
    "without weights",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["fit", "partial_fit"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
    conditional=True,
    presupposes="API-5.class-weight",
)
def class_weight_of_a_call(context: CheckContext) -> None:
    method = context.case
    data = doubles.classes_dataset(list(LABELS), sigmoid=True)
    X, y = data.X[:5], data.y[:5]
    codes = np.searchsorted(LABELS, y)
    target, build = helper_target(context, codes), learner(context)
    of_parameter, of_call = np.array([0.5, 3.0]), np.array([2.0, 0.25])
    given = accepted(context, class_weight=_by_label(of_parameter))
    if not given:
        context.not_applicable("the wrapper has no parameter class_weight")
    without, once = {"class_weight": None}, {"class_weight": _by_label(of_call)}
    calls: dict[str, tuple[dict[str, Any], list[tuple[dict[str, Any], Any]]]] = {
        "class_weight=None beside the parameter": (given, [(without, None), ({}, of_parameter)]),
        "class_weight=... beside the parameter": (given, [(once, of_call), ({}, of_parameter)]),
        "class_weight=... alone": ({}, [(once, of_call), ({}, None)]),
    }
    for words, (params, sequence) in calls.items():
        estimator, expected = context.make(build, **params), build()
        for number, (keywords, weights) in enumerate(sequence):
            context.call(estimator, method, X, y, **keywords)
            if method == "fit":
                expected = build()
            train(expected, X, target, sample_weight=None if weights is None else weights[codes])
            when = "with" if not number else "after a call with"
            what = f"those of {method} {when} {words}"
            require_weights(context, estimator, expected, what)


def _by_label(weights: Any) -> dict[int, float]:
    return dict(zip(LABELS, weights.tolist(), strict=True))
