"""SER-1: copies of classifiers whose models return logits or margins."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.serialization import copy_of, require_same_bits
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

KINDS = ("two-logits", "three-logits", "margins", "routed-logits")


@check(
    "SER-1.raw-outputs",
    verifies="a pickled or copied classifier reads logits and margins as before",
    impact="the copy takes logits for probabilities, and predicts other classes",
    wrappers=[Wrapper.CLASSIFIER],
    cases=[f"{way}-{kind}" for way in ("pickle", "deepcopy") for kind in KINDS],
    case_needs={
        f"{way}-routed-logits": Capability.ROUTED_PARAMETERS for way in ("pickle", "deepcopy")
    },
    conditional=True,
)
def raw_outputs(context: CheckContext) -> None:
    way, _, kind = context.case.partition("-")
    build, (X, y, *_) = doubles.RAW_OUTPUTS[kind]
    settings: dict[str, Any] = {}
    if kind == "routed-logits":
        settings = {"optimizer": doubles.sgd(0.0), "loss": "binary_crossentropy"}
        settings["loss__from_logits"] = True
        if len(accepted(context, **settings)) < len(settings):
            context.not_applicable("the wrapper does not compile models")
    estimator = context.make(build, **settings)
    context.fit(estimator, X, y)
    expected = _results(context, estimator, X, y)
    other = copy_of(context, estimator, way)
    for method, result in expected.items():
        data = (X, y) if method == "score" else (X,)
        found = context.observe.call(other, method, *data)
        require_same_bits(context, found, result, f"{method} of the copy")


def _results(context: CheckContext, estimator: Any, X: Any, y: Any) -> dict[str, Any]:
    """Return what methods return that an estimator has."""
    results = {}
    for method in ("predict", "predict_proba", "decision_function", "score"):
        if hasattr(estimator, method):
            data = (X, y) if method == "score" else (X,)
            results[method] = context.call(estimator, method, *data)
    return results
