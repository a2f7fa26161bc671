"""TGT-11: each loss is trained on the form of target that it computes the right value for.

Every loss of Keras computes *some* number from class numbers and from one-hot rows, because arrays
of different shapes are broadcast. So the value is compared with what Keras alone computes from the
right form, for the known outputs of a model that does not learn.
"""

import functools
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.fixed_outputs import (
    FixedOutputs,
    recorded_value,
    require_outputs_can_be_fitted,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import loss_in_words
from scikeras_conformance.checks._support.preparation import (
    accepted,
    counted_to,
    try_once,
)
from scikeras_conformance.checks._support.two_outputs import require_as_keras
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]

NUMBERS, FLAT_NUMBERS, ONE_HOT_ROWS = "class numbers (n, 1)", "class numbers (n,)", "one-hot rows"

FORMS = {
    "SparseCategoricalCrossentropy": NUMBERS,
    "CategoricalGeneralizedCrossEntropy": FLAT_NUMBERS,
    **dict.fromkeys(
        (
            *("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge"),
            *("BinaryCrossentropy", "BinaryFocalCrossentropy", "CosineSimilarity", "Dice"),
            *("Hinge", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError"),
            *("MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError"),
            *("Poisson", "SquaredHinge", "Tversky"),
        ),
        ONE_HOT_ROWS,
    ),
}
"""The form that each loss takes for a unit for each class, as the pages of Keras have it.

`Circle` and `CTC` are left out: they take no probabilities of classes.
"""

ONE_UNIT = (
    *("BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Hinge", "MeanAbsoluteError"),
    *("MeanSquaredError", "Poisson", "SquaredHinge"),
)
"""Losses that are used with a single unit for two classes."""


def _require_value(context: CheckContext, outputs: FixedOutputs, given: Any, form: str) -> None:
    """Require that a wrapper trains on the form of target with the right value of the loss.

    Parameters
    ----------
    context : CheckContext
        The context.
    outputs : FixedOutputs
        The model.
    given : object
        The loss, in any spelling. A name or a class is compiled by the wrapper, if it can.
    form : str
        The form of target that it takes.
    """
    require_outputs_can_be_fitted(context, outputs)
    name = loss_in_words(given)
    settings = {}
    if isinstance(given, (str, type)):
        settings = accepted(context, loss=given, optimizer=doubles.zero_learning_rate())
    wrapper_compiles = len(settings) == 2

    # Not a method, which need not be accepted as builder.
    def build() -> Any:
        return outputs.build() if wrapper_compiles else outputs.compiled(given)

    estimator = context.make(build, **(settings if wrapper_compiles else {}))
    with context.doing(f"fit with {name}"):
        context.fit(estimator, outputs.X, outputs.labels)
    found, expected = recorded_value(context, estimator, "loss"), _by_keras(outputs, given, form)
    context.require(
        _near(found, expected),
        f"the {name} that the model was trained on is {found:.6g}; for the known outputs and "
        f"{form} it is {expected:.6g}: the target had another form than the loss takes",
    )


STANDARD = {
    ONE_HOT_ROWS: "CategoricalCrossentropy",
    NUMBERS: "SparseCategoricalCrossentropy",
}
"""The loss of each form that TGT-2 is about."""


def _form_is_never_used(context: CheckContext, outputs: FixedOutputs, form: str) -> bool:
    """Return whether not even the standard loss of a form is trained on it."""
    if form not in STANDARD:
        return False
    loss = getattr(keras.losses, STANDARD[form])()
    estimator = context.make(lambda: outputs.compiled(loss))
    try:
        context.fit(estimator, outputs.X, outputs.labels)
        found = recorded_value(context, estimator, "loss")
    except Blocked:
        return True
    return not _near(found, _by_keras(outputs, loss, form))


def _near(found: float, expected: float) -> bool:
    return bool(np.isclose(found, expected, rtol=1e-3, atol=1e-5))


def _require_instance_works(context: CheckContext, outputs: FixedOutputs, kind: str) -> None:
    """Block the check unless an instance of a loss is trained on its form of target."""
    name = SPELLED[kind]
    loss, form = getattr(keras.losses, name)(), FORMS[name]

    def attempt() -> None:
        estimator = context.make(lambda: outputs.compiled(loss))
        context.fit(estimator, outputs.X, outputs.labels)
        found = recorded_value(context, estimator, "loss")
        if not _near(found, _by_keras(outputs, loss, form)):
            context.stop(
                f"training on {form} for an instance of {name}",
                "did not happen",
                follows="TGT-11.each-loss",
            )

    try_once(context, attempt, "loss", name)


def _by_keras(outputs: FixedOutputs, given: Any, form: str) -> float:
    """Return the value that Keras alone computes from the right form of target.

    Not that of the loss called with the outputs: from a softmax, Keras goes back to the logits with
    some backends, and binary cross-entropy has another value then.
    """
    model = outputs.compiled(given() if isinstance(given, type) else given)
    return float(model.test_on_batch(outputs.X, _target(outputs, form), return_dict=True)["loss"])


def _target(outputs: FixedOutputs, form: str) -> Any:
    codes = outputs.codes.astype("float32")
    if form == ONE_HOT_ROWS:
        return np.eye(outputs.n_units, dtype="float32")[outputs.codes]
    return codes if form == FLAT_NUMBERS else codes.reshape(-1, 1)


@check(
    "TGT-11.each-loss",
    verifies="with a unit for each class, each loss of Keras has the value for the form of target "
    "that it takes",
    impact="the model learns something else than the labels, and nothing says so",
    wrappers=CLASSIFIER,
    cases=FORMS,
)
def each_loss(context: CheckContext) -> None:
    loss, outputs, form = (
        getattr(keras.losses, context.case)(),
        FixedOutputs(3),
        FORMS[context.case],
    )
    with counted_to(
        "TGT-2.multiclass", provided=lambda: _form_is_never_used(context, outputs, form)
    ):
        _require_value(context, outputs, loss, form)


@check(
    "TGT-11.one-unit",
    verifies="with one unit for two classes, each loss of Keras has the value for zeros and ones "
    "in a column",
    impact="the model learns something else than the labels, and nothing says so",
    wrappers=CLASSIFIER,
    cases=ONE_UNIT,
)
def one_unit(context: CheckContext) -> None:
    _require_value(context, FixedOutputs(1), getattr(keras.losses, context.case)(), NUMBERS)


TWO_UNITS = (
    *("MeanSquaredError", "MeanAbsoluteError", "BinaryCrossentropy", "CategoricalCrossentropy"),
    "SparseCategoricalCrossentropy",
)
"""Losses of each form, for a unit for each of two classes; Keras spreads a column over both."""


@check(
    "TGT-11.two-units",
    verifies="with a unit for each of two classes, each loss of Keras has the value for the form "
    "of target that it takes",
    impact="both units learn the number of the class, and nothing says so",
    wrappers=CLASSIFIER,
    cases=TWO_UNITS,
)
def two_units(context: CheckContext) -> None:
    loss = getattr(keras.losses, context.case)()
    _require_value(context, FixedOutputs(2), loss, FORMS[context.case])


SPELLED = {
    "sparse": "SparseCategoricalCrossentropy",
    "flat": "CategoricalGeneralizedCrossEntropy",
    "one-hot": "CategoricalCrossentropy",
    "by-unit": "MeanSquaredError",
}
LOSS_FORMS = ("name", "class", "function", "partial", "renamed")


def _spelled(kind: str, spelling: str) -> Any:
    """Return a loss as a name, a class, a function, a partial, or with the name of another."""
    name = SPELLED[kind]
    snake = _snake_case(name)
    function = getattr(keras.losses, snake)
    if spelling == "partial":
        more = {"flat": {"q": 0.5}, "by-unit": {}}.get(kind, {"from_logits": False})
        return functools.partial(function, **more)
    if spelling == "renamed":
        return getattr(keras.losses, name)(name=_other_name(kind))
    return {"name": snake, "class": getattr(keras.losses, name), "function": function}[spelling]


def _other_name(kind: str) -> str:
    """Return the name of a loss that wants another form than a kind of loss does."""
    standard = STANDARD[ONE_HOT_ROWS if kind in {"sparse", "flat"} else NUMBERS]
    return _snake_case(standard)


def _snake_case(name: str) -> str:
    """Return the name of the function in Keras that belongs to a class of that name."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


@check(
    "TGT-11.loss-forms",
    verifies="the form of target is the same whether the loss is a name, a class, a function or a "
    "partial of one, and whatever name it is given",
    impact="the same loss learns the labels or something else, depending on how it is written",
    wrappers=CLASSIFIER,
    cases=[
        f"{kind}-{spelling}"
        for kind in SPELLED
        for spelling in LOSS_FORMS
        # Its function has an argument without a default, so neither it nor its name can be given.
        if (kind, spelling) not in {("flat", "name"), ("flat", "function")}
    ],
)
def loss_forms(context: CheckContext) -> None:
    kind, _, spelling = context.case.rpartition("-")
    outputs = FixedOutputs(3)
    _require_instance_works(context, outputs, kind)
    _require_value(context, outputs, _spelled(kind, spelling), FORMS[SPELLED[kind]])


@check(
    "TGT-11.own-loss",
    verifies="a subclass of a loss of Keras, and a function that calls one, get the same form of "
    "target as the loss itself",
    impact="a loss that is extended by a line learns something else than the labels",
    wrappers=CLASSIFIER,
    cases=[
        f"{way}-{kind}"
        for way in ("subclass", "function", "renamed_function")
        for kind in ("sparse", "one-hot")
    ],
    level=Level.SHOULD,
)
def own_loss(context: CheckContext) -> None:
    way, _, kind = context.case.partition("-")
    parent, function = getattr(keras.losses, SPELLED[kind]), _spelled(kind, "function")

    def doubled(y_true: Any, y_pred: Any) -> Any:
        return 2.0 * function(y_true, y_pred)

    if way == "renamed_function":
        doubled.__name__ = doubled.__qualname__ = _other_name(kind)
    given = type("Extended", (parent,), {})() if way == "subclass" else doubled
    outputs = FixedOutputs(3)
    _require_instance_works(context, outputs, kind)
    _require_value(context, outputs, given, FORMS[SPELLED[kind]])


@check(
    "TGT-11.partials-of-outputs",
    verifies="partials of losses of Keras, in a list or in a dict by output, have the values that "
    "Keras computes for them",
    impact="a setting of the loss of one output is silently lost",
    wrappers=[Wrapper.REGRESSOR],
    cases=["list", "dict"],
    also=["COMP-5"],
    needs=[Capability.COMPILATION_PARAMETERS, Capability.ENCODERS],
)
def partials_of_outputs(context: CheckContext) -> None:
    losses = keras.losses
    right = functools.partial(losses.huber, delta=0.25)
    left = functools.partial(losses.mean_squared_error)
    given = {"list": [right, left], "dict": {"left": left, "right": right}}[context.case]
    require_as_keras(context, {"loss": given})
