"""TGT-6, TGT-6b, TGT-7 and TGT-9: targets that are refused."""

from collections.abc import Callable
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import (
    BINARY,
    SPARSE,
    SQUARED,
    oracle_builder,
    two_column_target,
)
from scikeras_conformance.checks._support.preparation import require_it_works
from scikeras_conformance.checks._support.recorded_training import counting_starts
from scikeras_conformance.checks._support.refusals import Call, require_one_refuses
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


@check(
    "TGT-6.multiclass-multioutput-refused",
    verifies="several columns of classes raise a ValueError",
    impact="each row is taken for a set of labels, and predictions look plausible and are wrong",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def multiclass_multioutput_refused(context: CheckContext) -> None:
    require_it_works(context)
    X, y = two_column_target()
    estimator, loss = _classifier_of_columns(context)
    with context.refusing("fit with several columns of classes", ValueError):
        estimator.fit(X, y)
    # A model with enough units for whatever such a target may be mistaken for.
    units = 2 if context.case == "sigmoid" else 4
    wide = doubles.Dataset(X, y, np.ones((2, units), np.float32), np.zeros(units, np.float32))
    for method in ("initialize", "partial_fit"):
        estimator = context.make(oracle_builder(wide, context.case, loss))
        if hasattr(estimator, method):
            calls: list[Call] = [
                (
                    f"{method} with several columns of classes",
                    partial(getattr(estimator, method), X, y),
                ),
                ("predict", partial(estimator.predict, X)),
            ]
            require_one_refuses(context, calls, ValueError)


@check(
    "TGT-6b.multiclass-multioutput-explained",
    verifies="the error for several columns of classes names the type of target and says how to "
    "add support",
    impact="a user learns neither what is wrong with y nor that an encoder is the way out",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def multiclass_multioutput_explained(context: CheckContext) -> None:
    require_it_works(context)
    X, y = two_column_target()
    what = "fit with several columns of classes"
    estimator, _ = _classifier_of_columns(context)
    for words in ("multiclass-multioutput", ("target_encoder", "encoder", "transformer")):
        with context.refusing(what, Exception, naming=words):
            estimator.fit(X, y)


def _classifier_of_columns(context: CheckContext) -> tuple[Any, str]:
    """Make a classifier for two classes, and return its loss too."""
    data = doubles.classes_dataset([0, 1], sigmoid=context.case == "sigmoid")
    loss = BINARY if context.case == "sigmoid" else SPARSE
    return context.make(oracle_builder(data, context.case, loss)), loss


UNKNOWN: dict[str, Callable[[], Any]] = {
    "three-dimensions": lambda: np.zeros((8, 2, 2), dtype=int),
    "three-dimensions-of-one": lambda: np.arange(8).reshape(8, 1, 1) % 2,
    "ragged": lambda: [[0], [0, 1], [1], [0]] * 2,
    "objects": lambda: np.array([object() for _ in range(8)], dtype=object),
}


NUMBERS_AS_OBJECTS = "numbers-as-objects"
"""Not for regressors, for which NumPy makes numbers of them."""


@check(
    "TGT-7.unknown-refused",
    verifies="the classifier raises a ValueError for a target of a type that scikit-learn does "
    "not know",
    impact="the model is trained on meaningless data, or the error comes from deep inside Keras",
    wrappers=CLASSIFIER,
    cases=[*UNKNOWN, NUMBERS_AS_OBJECTS],
    conditional=True,
)
def unknown_refused(context: CheckContext) -> None:
    from sklearn.utils.multiclass import type_of_target

    require_it_works(context)
    data = doubles.classes_dataset([0, 1], sigmoid=True)
    build, starts = counting_starts(oracle_builder(data, "sigmoid", BINARY))
    estimator = context.make(build)
    if context.case == NUMBERS_AS_OBJECTS:
        target = data.y.astype(object)
        if type_of_target(target) != "unknown":
            context.not_applicable("this scikit-learn knows the type of numbers as objects")
    else:
        target = UNKNOWN[context.case]()
    with context.refusing(f"fit with a target of {context.case}", ValueError):
        estimator.fit(data.X, target)
    context.require(not starts, "the error was raised after training had started")


@check(
    "TGT-7.regressor-refuses-unknown",
    verifies="the regressor raises an error for a target of unknown type",
    impact="the model is trained on meaningless data, or the error comes from deep inside Keras",
    wrappers=REGRESSOR,
    cases=UNKNOWN,
)
def regressor_refuses_unknown(context: CheckContext) -> None:
    require_it_works(context)
    data = doubles.continuous_dataset()
    estimator = context.make(oracle_builder(data, "linear", SQUARED))
    # NumPy raises a TypeError for objects that are not numbers, as do scikit-learn's regressors.
    with context.refusing(f"fit with a target of {context.case}", ValueError, TypeError):
        estimator.fit(data.X[:8], UNKNOWN[context.case]())


@check(
    "TGT-9.classifier-refuses-continuous",
    verifies="the classifier raises a ValueError for a continuous target",
    impact="every float becomes a class of its own",
    wrappers=CLASSIFIER,
    cases=[
        *("one", "several", "few-values", "column", "partial_fit", "partial_fit-with-classes"),
    ],
    case_needs=dict.fromkeys(["partial_fit", "partial_fit-with-classes"], Capability.PARTIAL_FIT),
)
def classifier_refuses_continuous(context: CheckContext) -> None:
    require_it_works(context)
    data = doubles.continuous_dataset(2 if context.case == "several" else 1)
    estimator = context.make(oracle_builder(data, "sigmoid", BINARY))
    if context.case.startswith("partial_fit"):
        classes = {"classes": [0, 1]} if context.case.endswith("classes") else {}
        what = f"partial_fit({', '.join(['...', *classes])}) with a continuous target"
        # Whether there are such keywords is what API-3 is about.
        with context.refusing(what, ValueError, TypeError):
            estimator.partial_fit(data.X, data.y, **classes)
        return
    y = data.y
    if context.case in {"few-values", "column"}:
        # As many values as the model has units, so that they could be classes.
        estimator = context.make(
            oracle_builder(doubles.classes_dataset([0, 1, 2]), "softmax", SPARSE)
        )
        y = np.resize([0.5, 1.25, 2.75], len(data.y))
        y = y.reshape(-1, 1) if context.case == "column" else y
    with context.refusing("fit of the classifier with a continuous target", ValueError):
        estimator.fit(data.X, y)


@check(
    "TGT-9.regressor-refuses-text",
    verifies="the regressor raises a ValueError for a target that is not numeric",
    impact="labels become meaningless numbers, or training fails half way",
    wrappers=REGRESSOR,
    cases=["text", "objects-of-text", "dates", "durations"],
)
def regressor_refuses_text(context: CheckContext) -> None:
    require_it_works(context)
    data = doubles.continuous_dataset()
    if context.case in {"dates", "durations"}:
        days = np.arange(len(data.y)).astype("timedelta64[D]")
        y = np.datetime64("2020-01-01") + days if context.case == "dates" else days
        estimator = context.make(oracle_builder(data, "linear", SQUARED))
        # NumPy raises a TypeError for what cannot be cast to a number, as it does for objects.
        with context.refusing(
            f"fit of the regressor with a target of {context.case}", ValueError, TypeError
        ):
            estimator.fit(data.X, y)
        return
    y = np.array(["low", "high"] * 8, dtype=object if "objects" in context.case else None)
    estimator = context.make(oracle_builder(data, "linear", SQUARED))
    with context.refusing("fit of the regressor with a target of strings", ValueError):
        estimator.fit(data.X, y)
