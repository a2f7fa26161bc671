"""DATA-2 and DATA-3: data for validation are encoded as the rows for training are."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.fit_outcomes import (
    ObservedBuilder,
    require_alike,
    stub_model,
)
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show


def scaler() -> Any:
    """Return a transformer whose scale is that of the rows that it was fitted to."""
    from sklearn.base import BaseEstimator, TransformerMixin

    class Scaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any = None) -> Any:
            del y
            self.scale_ = np.abs(np.asarray(X)).max()
            return self

        def transform(self, X: Any) -> Any:
            return np.asarray(X) / self.scale_

        def inverse_transform(self, X: Any, **kwargs: Any) -> Any:
            del kwargs  # a wrapper may pass return_proba, for example
            return np.ravel(X) * self.scale_

    return Scaler()


@check(
    "DATA-2.validation-after-second-fit",
    verifies="a second fit encodes the validation data of the parameter with its own encoder",
    impact="val_loss of a second fit is that of features on the scale of the first",
    wrappers=ESTIMATORS,
    needs=[Capability.ROUTED_PARAMETERS],
)
def validation_after_second_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    held_out = (X[:3] * 2, y[:3])
    cls = subclass(context, feature_encoder=property(lambda _: scaler()))

    def fitted(*calls: Any, fit: Callable[[Any, Any, Any], Any]) -> dict[str, Any]:
        observed = ObservedBuilder(context, lambda: stub_model(context))
        estimator = context.make_of(cls, observed.builder, fit__validation_data=held_out)
        for data in calls:
            context.fit(estimator, data, y)
        fit(estimator, X * 5, y)
        return observed.outcome(estimator, X)

    first, second = (fitted(fit=context.fit) for _ in range(2))
    found = fitted(X, fit=context.observe.fit)
    require_alike(context, "after fit with other data, fit", found, first, second)


@check(
    "DATA-2.validation-scale",
    verifies="rows for validation are encoded with the scale of the rows for training, in every "
    "training",
    impact="val_loss is that of features and targets on another scale than the model learns",
    wrappers=ESTIMATORS,
    cases=["routed", "keyword", "routed-list", "keyword-list"],
    also=["DATA-3"],
    needs=[Capability.ENCODERS],
    case_needs=dict.fromkeys(["routed", "routed-list"], Capability.ROUTED_PARAMETERS),
)
def validation_scale(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    X = X * 3
    way, _, as_list = context.case.partition("-")
    parts = X[:3] * 7, y[:3] if context.is_classifier else y[:3] * 5
    held_out: Any = list(parts) if as_list else parts
    encoders = {"feature_encoder": property(lambda _: scaler())}
    if not context.is_classifier:
        encoders["target_encoder"] = property(lambda _: scaler())
    cls = subclass(context, **encoders)
    routed = {"fit__validation_data": held_out} if way == "routed" else {}
    keyword = {} if routed else {"validation_data": held_out}
    warm = accepted(context, warm_start=True)
    estimator = context.make_of(cls, lambda: stub_model(context), **routed, **warm)
    methods = ["fit", *(["fit"] if warm else [])]
    methods += ["partial_fit"] if hasattr(context.cls, "partial_fit") else []
    for method in methods:
        context.call(estimator, method, X, y, **keyword)
        log = context.recording_model(estimator).log
        data = log.fits[-1].get("validation_data") if log.fits else None
        if data is None:
            context.stop(method, "did not call Model.fit with validation_data")
        wanted = [("features", data[0], held_out[0] / np.abs(X).max())]
        if not context.is_classifier:
            wanted.append(("targets", data[1], held_out[1] / np.abs(y).max()))
        for words, found, right in wanted:
            with context.doing(f"reading the {words} that {method} validates on"):
                seen = np.asarray(found, dtype=float).reshape(right.shape)
            context.require(
                np.allclose(seen, right, rtol=1e-4),
                f"the {words} that {method} validates on are {show(seen[:2])}, not "
                f"{show(right[:2])}",
            )
