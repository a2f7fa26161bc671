"""SCORE-2 and SCORE-3: the scorer of a subclass."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from scikeras_conformance.catalog.check import ALL, Wrapper, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.helper_models import compiled_helper, helper_model
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.scoring import fitted_stub, require_score, score
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _agreement(y_true: Any, y_pred: Any) -> float:
    """Return a score that is neither accuracy nor R-squared."""
    same_size = np.asarray(y_true).size == np.asarray(y_pred).size
    return len(y_true) * 10.0 if same_size else -1.0


def _static(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
    return _agreement(y_true, y_pred) * float(kwargs.get("factor", 1.0))


def _regular(self: Any, y_true: Any, y_pred: Any, **kwargs: Any) -> float:
    return _static(y_true, y_pred, **kwargs) if hasattr(self, "model_") else -1.0


def _of_class(cls: Any, /, y_true: Any, y_pred: Any, **kwargs: Any) -> float:
    return _static(y_true, y_pred, **kwargs) if hasattr(cls, "scorer") else -1.0


SCORING: dict[str, Any] = {
    "static": staticmethod(_static),
    "method": _regular,
    "class-method": classmethod(_of_class),
}


@check(
    "SCORE-2.overriding",
    verifies="score returns what the scorer of a subclass returns",
    impact="the documented way to change the score has no effect, and searches still use accuracy",
    cases=[
        *(*SCORING, "static-with-keywords", "method-with-keywords", "static-of-a-parent"),
        "static-beside-metrics",
    ],
)
def overriding(context: CheckContext) -> None:
    data = helper_model(context).data
    way = re.sub("-(of-a-parent|beside-metrics)$", "", context.case)
    kind, _, keywords = way.partition("-with-")
    factor = {"score__factor": 3.0} if keywords else {}
    cls = subclass(context, scorer=SCORING[kind])
    if context.case.endswith("-of-a-parent"):
        cls = type("Child", (cls,), {})
    if context.case.endswith("-beside-metrics"):
        metrics = ["accuracy"] if context.is_classifier else ["mean_squared_error"]
        estimator = context.make_of(cls, lambda: compiled_helper(context, metrics=metrics))
        context.fit(estimator, data.X, data.y)
    else:
        estimator = fitted_stub(context, data, cls, **factor)
    expected = len(data.y) * 10.0 * factor.get("score__factor", 1.0)
    found = score(context, estimator, data.X, data.y)
    require_score(context, found, expected, "score with a custom scorer")


def _scored(
    context: CheckContext,
    data: Any,
    *weights: Any,
    weighted: Mapping[str, Any] = MappingProxyType({}),
    **given: Any,
) -> dict[str, Any]:
    """Return what the scorer received when score was called."""
    calls: list[dict[str, Any]] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        calls.append({"y_true": y_true, "y_pred": y_pred, **kwargs})
        return 0.5

    estimator = fitted_stub(context, data, subclass(context, scorer=staticmethod(scorer)), **given)
    with provided(lambda: context.call(estimator, "score", data.X, data.y)):
        context.observe.call(estimator, "score", data.X, data.y, *weights, **weighted)
    if not calls:
        context.stop(
            "score",
            "did not call the scorer of a subclass, which SCORE-2 is about",
            follows="SCORE-2.overriding",
        )
    context.require(len(calls) == 1, f"score called the scorer {len(calls)} times, not once")
    return calls[0]


def _require_values(context: CheckContext, found: Any, expected: Any, what: str) -> None:
    found = as_array(context, found, what)
    context.require(
        found.shape == expected.shape, f"{what} has shape {found.shape}, not {expected.shape}"
    )
    with context.doing(f"comparing {what}"):
        if expected.dtype.kind == "f":
            right = bool(np.allclose(found, expected, atol=1e-3))
        else:
            right = bool(found.tolist() == expected.tolist())
    context.require(right, f"{what} is {show(found)}, not {show(expected)}")


OWN_LABELS: dict[str, Any] = {
    "text": ["no", "yes"],
    "three": ["a", "b", "c"],
    "minus-plus": [-1, 1],
    "bool": [False, True],
}


@check(
    "SCORE-3.own-labels",
    verifies="the scorer receives y and the predictions in the user's labels",
    impact="a scorer that depends on the labels, such as one with pos_label='yes', fails or is "
    "wrong",
    wrappers=CLASSIFIER,
    cases=[*OWN_LABELS, "multilabel", "not-in-fit"],
    presupposes="SCORE-2.overriding",
)
def own_labels(context: CheckContext) -> None:
    if context.case == "not-in-fit":
        _require_unknown_labels(context)
        return
    if context.case == "multilabel":
        data = doubles.multilabel_dataset()
    else:
        data = doubles.classes_dataset(OWN_LABELS[context.case])
    received = _scored(context, data)
    for name in ("y_true", "y_pred"):
        _require_values(context, received[name], data.y, f"{name} of the scorer")


def _require_unknown_labels(context: CheckContext) -> None:
    """Require that labels which were not there in fit are scored as they are, or refused."""
    data = doubles.classes_dataset(["a", "b", "c"])
    truth = np.where(np.arange(len(data.y)) % 4, data.y, "a label of later rows")
    _require_scored_as_given(context, data, truth, "with labels that were not there in fit")


@check(
    "SCORE-3.own-values",
    verifies="the regressor's scorer receives y and the predictions in their original scale "
    "and shape",
    impact="an error is computed between a column and a row, and broadcasts to a matrix",
    wrappers=REGRESSOR,
    cases=["one", "several", "of-another-dtype"],
    presupposes="SCORE-2.overriding",
)
def own_values(context: CheckContext) -> None:
    if context.case == "of-another-dtype":
        _require_other_dtypes(context)
        return
    data = doubles.continuous_dataset(1 if context.case == "one" else 3)
    # Digits that are lost if y is cast to the dtype of the model.
    data = data._replace(y=data.y.astype(np.float64) * (1 + 2.0**-40))
    received = _scored(context, data)
    for name in ("y_true", "y_pred"):
        _require_values(context, received[name], data.y, f"{name} of the scorer")
    truth = as_array(context, received["y_true"], "y_true of the scorer")
    with context.doing("comparing y_true of the scorer"):
        exact = bool(np.array_equal(truth, data.y))
    context.require(exact, "y_true of the scorer has lost digits")


def _require_other_dtypes(context: CheckContext) -> None:
    """Require that y of another dtype than in fit is scored as it is given, or refused."""
    data = doubles.continuous_dataset()
    for dtype, truth in (
        (np.int8, np.arange(len(data.y), dtype=np.int64) * 100),
        (np.float32, data.y.astype(np.float64) * (1 + 2.0**-40)),
        (np.int64, data.y.astype(np.float64) + 0.25),
    ):
        given = data._replace(y=np.rint(data.y).astype(dtype))
        what = f"with y of {truth.dtype} after a fit to {np.dtype(dtype)}"
        _require_scored_as_given(context, given, truth, what)


def _require_scored_as_given(context: CheckContext, data: Any, truth: Any, what: str) -> None:
    """Require that a scorer gets this y, and a prediction for each row, if it is not refused."""
    seen: list[tuple[Any, Any]] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        del kwargs
        seen.append((y_true, y_pred))
        return 0.5

    estimator = fitted_stub(context, data, subclass(context, scorer=staticmethod(scorer)))
    seen.clear()
    with context.preparing(f"score {what}"):
        try:
            estimator.score(data.X, truth)
        except (TypeError, ValueError):
            return  # so nothing else is scored
    if not seen:
        context.stop("score", "did not call the scorer of a subclass", follows="SCORE-2.overriding")
    found, predicted = (as_array(context, one, "an argument of the scorer") for one in seen[-1])
    right = found.shape == truth.shape and found.tolist() == truth.tolist()
    context.require(right, f"y_true of the scorer is {show(found)}, not {show(truth)}, {what}")
    context.require(
        predicted.shape[:1] == truth.shape[:1],
        f"y_pred of the scorer has the shape {predicted.shape}, not {len(truth)} rows, {what}",
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


@check(
    "SCORE-3.arguments",
    verifies="the scorer receives the score__ parameters, and no others",
    impact="a scorer with its own arguments fails, or receives those of another function",
    wrappers=ALL,
    presupposes="SCORE-2.overriding",
    needs=[Capability.ROUTED_PARAMETERS],
)
def arguments(context: CheckContext) -> None:
    given = {"alpha": [1, {"a": 2}], "beta": None, "labels": "own"}
    routed: dict[str, Any] = {f"score__{name}": value for name, value in given.items()}
    others: dict[str, Any] = {"fit__batch_size": 5, "predict__batch_size": 6, "batch_size": 7}
    others = accepted(context, **others)
    received = _scored(context, helper_model(context).data, **routed, **others)
    found = {name: received[name] for name in given if name in received}
    context.require(
        same(found, given), f"the scorer should receive {given}; it received {show(received)}"
    )
    # None is as good as no sample_weight.
    weights = received.get("sample_weight")
    context.require(weights is None, f"the scorer received sample_weight={show(weights)}")
    strange = [name for name, value in others.items() if value in map(_number, received.values())]
    context.require(not strange, f"the scorer received the values of {', '.join(strange)}")


@check(
    "SCORE-3.sample-weight",
    verifies="the scorer receives the sample_weight given to score",
    impact="a weighted score is silently computed without weights",
    cases=["keyword", "position", "list"],
    presupposes="SCORE-2.overriding",
)
def sample_weight(context: CheckContext) -> None:
    data = helper_model(context).data
    weights = np.linspace(0.5, 2.0, len(data.y))
    if context.case == "position":
        received = _scored(context, data, weights)
    else:
        value = weights.tolist() if context.case == "list" else weights
        received = _scored(context, data, weighted={"sample_weight": value})
    context.require("sample_weight" in received, "the scorer did not receive sample_weight")
    _require_values(context, received["sample_weight"], weights, "sample_weight of the scorer")
