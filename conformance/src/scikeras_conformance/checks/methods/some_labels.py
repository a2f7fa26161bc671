"""API-3, API-4 and API-6: further rows that do not have all labels, and weights beside classes."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

LABELS = ["a", "b", "c", "d"]
FACTS = ("classes_", "n_classes_", "target_type_")


def _stub(context: CheckContext) -> Any:
    data = doubles.classes_dataset(LABELS)
    loss = loss_of_classes(context)
    return doubles.stub_model_of(data, context.wrapper, loss_of_classes=loss)


def _facts(estimator: Any) -> dict[str, Any]:
    return {name: getattr(estimator, name) for name in FACTS if hasattr(estimator, name)}


@check(
    "API-4.some-labels",
    verifies="rows that lack some labels change neither the classes nor the predictions, in "
    "partial_fit and in a warm fit",
    impact="a batch without a rare label makes the model predict other labels than it learned",
    wrappers=[Wrapper.CLASSIFIER],
    also=["API-3"],
    cases=["partial_fit", "warm-fit"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
    conditional=True,
)
def some_labels(context: CheckContext) -> None:
    data = doubles.classes_dataset(LABELS)
    warm = accepted(context, warm_start=True) if context.case == "warm-fit" else {}
    if context.case == "warm-fit" and not warm:
        context.not_applicable("there is no warm_start, which API-4 is about")
    method = context.case.removeprefix("warm-")
    estimator = context.make(lambda: _stub(context), **warm)
    context.fit(estimator, data.X, data.y)
    context.call(estimator, method, data.X, data.y)
    before = _facts(estimator)
    predicted = as_array(context, context.predict(estimator, data.X), "predict")
    for kept in (LABELS[1:], LABELS[:2], LABELS[2:3]):
        rows = np.isin(data.y, kept)
        what = f"{context.case.replace('-', ' ')} with the labels {', '.join(kept)} alone"
        with context.doing(what):
            getattr(estimator, method)(data.X[rows], data.y[rows])
        for name, value in before.items():
            found = getattr(estimator, name, None)
            context.require(
                same(found, value), f"{what} made {name} {show(found)}, from {show(value)}"
            )
        found = as_array(context, context.observe.predict(estimator, data.X), "predict")
        context.require(
            found.tolist() == predicted.tolist(),
            f"after {what} predict returned {show(found)}, not {show(predicted)}",
        )


@check(
    "API-6.beside-classes",
    verifies="partial_fit passes sample_weight on beside classes",
    impact="the first batch of a stream is trained on without its weights",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["keywords", "positions"],
    needs=[Capability.PARTIAL_FIT],
)
def beside_classes(context: CheckContext) -> None:
    data = doubles.classes_dataset(LABELS)
    weights = np.linspace(0.5, 2.0, len(data.y))
    given = {"classes": LABELS, "sample_weight": weights}
    first = data.y != LABELS[0]

    def one_of_them() -> None:
        for name, value in given.items():
            other = context.make(lambda: _stub(context))
            context.call(other, "partial_fit", data.X, data.y, **{name: value})

    with provided(one_of_them):
        estimator = context.make(lambda: _stub(context))
        rows = data.X[first], data.y[first]
        if context.case == "keywords":
            kept = {**given, "sample_weight": weights[first]}
            context.observe.call(estimator, "partial_fit", *rows, **kept)
        else:  # classes comes third, as in scikit-learn
            context.observe.call(
                estimator, "partial_fit", *rows, LABELS, sample_weight=weights[first]
            )
    log = context.recording_model(estimator).log
    if not log.fits or not isinstance(log.fits[-1].get("x"), np.ndarray):
        context.stop("partial_fit", "did not call Model.fit, where weights could be seen")
    found = log.fits[-1].get("sample_weight")
    right = found is not None and np.allclose(np.ravel(found), weights[first], rtol=1e-5)
    context.require(
        right,
        f"partial_fit with classes and sample_weight passed on the weights {show(found)}, not "
        f"{show(weights[first])}",
    )
