"""SKL-5 and DATA-2: rows for validation in frames and series."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.frames import import_library, make_frame
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.parameter_sets import doubling
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SKL-5.validation-data",
    verifies="rows for validation in data frames and series are encoded, and weighed, as those in "
    "arrays are",
    impact="val_loss is that of features on another scale, and early stopping goes by it",
    wrappers=ESTIMATORS,
    cases=["routed", "keyword"],
    also=["DATA-2", "API-9"],
    needs=[Capability.ENCODERS],
    case_needs={"routed": Capability.ROUTED_PARAMETERS},
    conditional=True,
)
def validation_data(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    pandas = import_library(context, "pandas")
    arrays = (X[:3] * 2, y[:3], np.array([0.5, 2.0, 3.0]))
    index = [7, 5, 6]  # which does not matter
    frame = make_frame(context, arrays[0])
    frame.index = index
    frames = (frame, *(pandas.Series(part, index=index[::-1]) for part in arrays[1:]))
    expected = _received(context, X, y, arrays)
    try:
        found = _received(context, make_frame(context, X), pandas.Series(y), frames)
    except Blocked as blocked:
        context.not_applicable(f"whether frames are taken for validation is left open: {blocked}")
    for name, one, other in zip(("features", "targets", "weights"), found, expected, strict=False):
        context.require(
            one.shape == other.shape and np.allclose(one, other, rtol=1e-6),
            f"the {name} for validation are {show(one[:2])} from frames and series, and "
            f"{show(other[:2])} from arrays",
        )


def _received(context: CheckContext, X: Any, y: Any, held_out: tuple[Any, ...]) -> list[Any]:
    """Return the validation data that reach ``Model.fit`` as arrays."""
    cls = subclass(context, feature_encoder=property(lambda _: doubling()))
    routed = {"fit__validation_data": held_out} if context.case == "routed" else {}
    keyword = {} if routed else {"validation_data": held_out}
    estimator = context.make_of(cls, lambda: stub_model(context), **routed)
    context.call(estimator, "fit", X, y, **keyword)
    log = context.recording_model(estimator).log
    data = log.fits[-1].get("validation_data") if log.fits else None
    if not isinstance(data, (list, tuple)):
        context.stop("fit", "did not give Model.fit arrays to validate on")
    with context.preparing("reading the validation data that fit passed on"):
        return [np.asarray(part) for part in data]
