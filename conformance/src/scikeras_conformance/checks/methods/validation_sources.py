"""API-9: the rows that a model is validated on, whichever way they are given."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.fit_outcomes import ObservedBuilder, stub_model
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


def _pairs(context: CheckContext) -> dict[str, tuple[Any, Any, tuple[Any, ...]]]:
    """Return X and y for training, and data for validation, by what is special about them."""
    X, y, *_ = doubles.dataset(context.wrapper)
    whole_X, whole_y = np.rint(X * 4).astype(np.int64), np.rint(y).astype(np.int64)
    halves = X[:3].astype(np.float64) + 0.5
    special = {
        "of the same dtypes": (X, y, (X[:3] * 2, y[:3])),
        "with weights": (X, y, (X[:3] * 2, y[:3], np.array([0.5, 4.0, 1.5]))),
        "with fractions where X has whole numbers": (whole_X, y, (halves, y[:3])),
        "of double precision": (X, y, (halves * (1 + 2.0**-30), y[:3])),
        "of which there is one": (X, y, (X[4:5] * 3, y[4:5])),
    }
    if not context.is_classifier:
        fractions = whole_y[:3] + 0.25
        held_out = (X[:3] * 2, fractions)
        special["with fractions where y has whole numbers"] = (X, whole_y, held_out)
    return special


WAYS = ("routed", "routed-list", "keyword", "keyword-list")


@check(
    "API-9.validation-rows",
    verifies="the rows for validation reach Model.fit with their own values and weights, in a "
    "tuple or in a list, in a first fit, in a warm one and in partial_fit",
    impact="val_loss is that of rounded or scaled rows, and early stopping goes by it",
    wrappers=ESTIMATORS,
    cases=WAYS,
    also=["DATA-2", "DATA-3"],
    case_needs={way: Capability.ROUTED_PARAMETERS for way in WAYS if way.startswith("routed")},
)
def validation_rows(context: CheckContext) -> None:
    way, _, as_list = context.case.partition("-")
    kind: Any = list if as_list else tuple
    for words, (X, y, parts) in _pairs(context).items():
        held_out = kind(parts)
        _require_received(context, way, held_out, X, y, f"{kind.__name__} of rows {words}")
    _require_missing_value_kept(context, way, kind)


def _require_missing_value_kept(context: CheckContext, way: str, kind: Any) -> None:
    """Require that a missing value in rows for validation is refused, or stays one."""
    X, y, *_ = doubles.dataset(context.wrapper)
    incomplete = X[:3].copy()
    incomplete[1, 0] = np.nan
    given = {"validation_data": kind((incomplete, y[:3]))}
    routed = {f"fit__{name}": value for name, value in given.items()} if way == "routed" else {}
    estimator = context.make(lambda: stub_model(context), **routed)
    with context.preparing("fit with a missing value in the rows for validation"):
        try:
            estimator.fit(X, y, **({} if routed else given))
        except (TypeError, ValueError):
            return
    seen = _features_for_validation(context, estimator, "fit")
    context.require(
        seen is not None and seen.shape == incomplete.shape and np.isnan(seen[1, 0]),
        f"fit takes a missing value in the rows for validation, and validates on {show(seen)}",
    )


def _require_received(
    context: CheckContext, way: str, held_out: Any, X: Any, y: Any, what: str
) -> None:
    observed = ObservedBuilder(context, lambda: stub_model(context))
    routed = {"fit__validation_data": held_out} if way == "routed" else {}
    keyword = {} if routed else {"validation_data": held_out}
    warm = accepted(context, warm_start=True)
    estimator = context.make(observed.builder, **routed, **warm)
    methods = ["fit", *(["fit"] if warm else [])]
    methods += ["partial_fit"] if hasattr(context.cls, "partial_fit") else []
    for method in methods:
        context.call(estimator, method, X, y, **keyword)
        log = context.recording_model(estimator).log
        if not log.fits:
            context.stop("fit", "did not call Model.fit, where validation could be seen")
        found = log.fits[-1].get("validation_data")
        if not isinstance(found, (list, tuple)):
            context.fail(f"Model.fit received validation_data={show(found)} for a {what}")
        target = held_out[1] if not context.is_classifier else helper_target(context, held_out[1])
        context.require(
            len(found) >= len(held_out),
            f"{method} with a {what} validates without the weights of the rows",
        )
        for position, wanted in enumerate((held_out[0], target, *held_out[2:])):
            with context.doing(f"reading the validation data that {method} passed on"):
                seen = np.asarray(found[position])
            right = seen.size == wanted.size and np.allclose(
                seen.reshape(wanted.shape), wanted, rtol=1e-6
            )
            context.require(
                right,
                f"{method} with a {what} validates on {show(seen[:2])}, not {show(wanted[:2])}",
            )


@check(
    "API-9.split-beside-data",
    verifies="with validation data no rows are held out as well, so none is lost",
    impact="a quarter of the rows is neither trained on nor validated on",
    wrappers=ESTIMATORS,
    cases=["routed", "keyword"],
    case_needs={"routed": Capability.ROUTED_PARAMETERS},
    conditional=True,
)
def split_beside_data(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    held_out = (X[:3] * 2, y[:3])
    routed = {"fit__validation_data": held_out} if context.case == "routed" else {}
    keyword = {} if routed else {"validation_data": held_out}
    if not accepted(context, validation_split=0.25):
        context.not_applicable("the wrapper has no parameter validation_split")
    observed = ObservedBuilder(context, lambda: stub_model(context))
    estimator = context.make(observed.builder, validation_split=0.25, **routed)
    kinds: list[dict[str, Any]] = [{}, {"sample_weight": np.linspace(0.5, 2.0, len(y))}]
    kinds += [{"class_weight": {0: 0.5, 1: 2.0}}] if context.is_classifier else []
    for weights in kinds:
        refusal = None
        with context.preparing("fit with validation_split and validation data"):
            try:
                estimator.fit(X, y, **keyword, **weights)
            except ValueError as error:
                refusal = str(error)
        if refusal is not None:
            context.not_applicable(f"both together are refused: {refusal}")
        log = context.recording_model(estimator).log
        if not log.fits:
            context.stop("fit", "did not call Model.fit, where rows could be counted")
        with context.preparing("counting the rows that fit trains on"):
            found = len(np.asarray(log.fits[-1]["x"]))
        if log.fits[-1].get("validation_data") is None:
            found = len(X)  # Keras holds rows out itself, as the parameter says
        context.require(
            found == len(X),
            f"with validation_data and validation_split={0.25}, {found} of {len(X)} rows are "
            "trained on, and the others are lost",
        )


@check(
    "API-11.validation-data",
    verifies="validation_data of a call count for that call only, beside fit__validation_data too",
    impact="a fit is validated on other rows than those it was given",
    wrappers=ESTIMATORS,
    cases=["fit", "fit-alone", "partial_fit-alone"],
    case_needs={
        "fit": Capability.ROUTED_PARAMETERS,
        "partial_fit-alone": Capability.PARTIAL_FIT,
    },
)
def validation_data_of_a_call(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    method, _, alone = context.case.partition("-")
    of_parameter, of_call = (X[:3] * 2, y[:3]), (X[2:6] * 3, y[2:6])
    given = {} if alone else {"fit__validation_data": of_parameter}
    usual = None if alone else of_parameter[0]
    estimator = context.make(lambda: stub_model(context), **given)
    context.fit(estimator, X, y)
    calls: tuple[tuple[dict[str, Any], Any], ...] = (
        ({}, usual),
        ({"validation_data": of_call}, of_call[0]),
        ({}, usual),
    )
    for number, (keywords, wanted) in enumerate(calls):
        steps = context.observe if number else context
        steps.call(estimator, method, X, y, **keywords)
        seen = _features_for_validation(context, estimator, method)
        right = (seen is None) == (wanted is None)
        if right and seen is not None:
            right = seen.shape == wanted.shape and np.allclose(seen, wanted, rtol=1e-6)
        what = f"{method}({', '.join(['...', *keywords])}), call {number + 1},"
        if not number and not right:
            context.stop(what, f"validates on {show(seen)}", follows="API-9.validation-rows")
        context.require(right, f"{what} validates on {show(seen)}, not {show(wanted)}")


def _features_for_validation(context: CheckContext, estimator: Any, method: str) -> Any:
    """Return the features that the last training validates on, or None."""
    log = context.recording_model(estimator).log
    if not log.fits:
        context.stop(method, "did not call Model.fit, where validation could be seen")
    found = log.fits[-1].get("validation_data")
    if found is None:
        return None
    if not isinstance(found, (list, tuple)):
        context.stop(method, "did not give Model.fit arrays to validate on")
    with context.preparing(f"reading what {method} validates on"):
        return np.asarray(found[0])
