"""API-5 and API-6: weights beside features that an encoder takes apart for several inputs."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.encoders import Plan, require_encoders_are_used, subclass
from scikeras_conformance.checks._support.helper_models import helper_layer, helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

HELD_OUT = ("none", "validation_split", "validation_data")


def _parts(container: str, X: Any) -> Any:
    first, rest = X[:, :1], X[:, 1:]
    return {"a": first, "b": rest} if container == "dict" else [first, rest]


def _model(context: CheckContext, n_features: int) -> Any:
    """Make a compiled model of two inputs that does not train."""
    inputs = [keras.Input((1,), name="a"), keras.Input((n_features - 1,), name="b")]
    joined = keras.layers.Concatenate()(inputs)
    model = doubles.StubModel(inputs, helper_layer(context)(joined))
    model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
    return model


@check(
    "API-5.several-inputs",
    verifies="class_weight and sample_weight work with features that are a list or a dict of "
    "arrays, also where rows are held out",
    impact="a model of several inputs cannot be trained on rare classes, or trains on parts of "
    "different rows",
    wrappers=[Wrapper.CLASSIFIER],
    also=["API-6", "DATA-2"],
    cases=[f"{container}-{way}" for container in ("list", "dict") for way in HELD_OUT],
    needs=[Capability.ENCODERS],
    conditional=True,
)
def several_inputs(context: CheckContext) -> None:
    container, _, way = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    # No row is like another, so that its parts can be told from those of others.
    X = X + np.arange(len(X), dtype=X.dtype)[:, None]
    require_encoders_are_used(context, "feature")
    cls, _ = subclass(context, feature=Plan(lambda X: _parts(container, X)))
    values: dict[str, Any] = {"validation_split": 0.25, "validation_data": (X[:3], y[:3])}
    keywords = {way: values[way]} if way == "validation_data" else {}
    params = {way: values[way]} if way == "validation_split" else {}
    if accepted(context, **params) != params:
        context.not_applicable(f"the wrapper has no parameter {way}")

    def fit(steps: Any, **weights: Any) -> Any:
        by_class = {k: v for k, v in weights.items() if k == "class_weight"}
        by_row = {k: v for k, v in weights.items() if k != "class_weight"}
        estimator = steps.make_of(cls, lambda: _model(context, X.shape[1]), **by_class, **params)
        steps.call(estimator, "fit", X, y, **by_row, **keywords)
        return context.recording_model(estimator).log

    weights = np.linspace(0.5, 2.0, len(y))
    given: tuple[dict[str, Any], ...] = (
        {"class_weight": {0: 0.5, 1: 4.0}},
        {"class_weight": "balanced"},
        {"sample_weight": weights},
        {"class_weight": {0: 0.5, 1: 4.0}, "sample_weight": weights},
    )
    for kinds in given:
        with provided(lambda: fit(context)):
            log = fit(context.observe, **kinds)
        if not log.fits:
            context.stop("fit", "did not call Model.fit, where its rows could be seen")
        x = log.fits[-1].get("x")
        if not isinstance(x, (list, tuple, dict)):
            return  # a data set, whose rows are not looked at
        parts = [x["a"], x["b"]] if isinstance(x, dict) else list(x)
        joined = np.hstack([np.asarray(part) for part in parts])
        known = joined.shape[1:] == X.shape[1:] and all(
            any(np.array_equal(row, one) for one in X) for row in joined
        )
        context.require(
            known,
            f"with {', '.join(kinds)} the model is trained on parts of different rows: "
            f"{show(joined[:2])}",
        )
