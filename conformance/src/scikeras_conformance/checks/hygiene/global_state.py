"""HYG-2: random generators and Keras's settings are restored."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_layer
from scikeras_conformance.checks._support.many_rows import many_rows
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.training import loss_name
from scikeras_conformance.runner import global_settings
from scikeras_conformance.runner.context import CheckContext

OUTER_SEED = 11
SEEDED_CALLS = ["fit", "partial_fit", "initialize", "predict", "bad-builder", "bad-callback"]
LATER_CALLS = ["second-fit", "warm-fit", "second-partial_fit", "validated-fit", "RandomState"]
"""Calls after a fit, and with other parameters."""


class UserError(RuntimeError):
    """An error raised by a user's builder or callback."""


def _drawing_builder(context: CheckContext, *, then: Callable[[], None] = lambda: None) -> Any:
    """Return a builder that draws from every global generator, as layers and users do."""
    # The first time, the subject is tried for it, which draws numbers: not within a builder.
    loss = loss_name(context)

    def build() -> Any:
        random.random()  # noqa: S311 - the generator that Keras's initializers draw from
        np.random.uniform()
        keras.random.uniform((1,))
        inputs = keras.Input((doubles.dataset(context.wrapper).n_features,))
        hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(2)(inputs))
        model = doubles.RecordingModel(inputs, helper_layer(context)(hidden))
        model.compile(optimizer="sgd", loss=loss)
        then()
        return model

    return build


def _call_of(context: CheckContext, name: str, **settings: Any) -> Callable[[], None]:
    """Return a function that calls a method of an estimator that draws random numbers."""
    # More rows than a batch has, so that their order matters.
    X, y = many_rows(context)
    raised: list[int] = []

    def fail(*_: Any) -> None:
        raised.append(1)
        raise UserError

    if name == "bad-builder":
        model = _drawing_builder(context, then=fail)
    else:
        model = _drawing_builder(context)
    if name == "warm-fit":
        settings |= accepted(context, warm_start=True)
    if name == "validated-fit":
        settings |= accepted(context, validation_split=0.25)
    if name == "bad-callback":
        settings["callbacks"] = [keras.callbacks.LambdaCallback(on_epoch_end=fail)]
    estimator = context.make(model, **settings)
    if name == "predict":
        context.fit(estimator, X, y)
        return lambda: context.predict(estimator, X)
    if name in LATER_CALLS:
        if "-" in name and name != "validated-fit":
            context.fit(estimator, X, y)
        method = "partial_fit" if name.endswith("partial_fit") else "fit"
        return lambda: context.call(estimator, method, X, y)
    if name.startswith("bad-"):
        return lambda: _fit_that_fails(context, estimator, raised)
    return lambda: context.call(estimator, name, X, y)


def _fit_that_fails(context: CheckContext, estimator: Any, raised: list[int]) -> None:
    X, y = many_rows(context)
    # What becomes of the error is not what this clause is about.
    with suppress(Exception):
        estimator.fit(X, y)
    if not raised:
        context.stop("fit", "did not call the builder or callback that raises")


def _seed_everything() -> None:
    # Clearing the session also resets the generator of Keras; the seed alone may not do that. To
    # collect garbage takes longer than everything else in these checks.
    before = global_settings.current()
    keras.utils.clear_session(free_memory=False)
    global_settings.put(before)
    keras.utils.set_random_seed(OUTER_SEED)


def _draw() -> float:
    return float(keras.random.uniform(()))


@check(
    "HYG-2.generators",
    verifies="a call with random_state restores the random generators of Python, NumPy and Keras",
    impact="random numbers drawn afterwards are the same in every run, or depend on the fit",
    cases=[*SEEDED_CALLS, *LATER_CALLS],
)
def generators(context: CheckContext) -> None:
    _seed_everything()
    expected = [_draw(), _draw()]
    for drawn in (0, 1):
        is_given = context.case == "RandomState"
        state = np.random.RandomState(3) if is_given else 3
        call = _call_of(context, context.case, random_state=state)
        _seed_everything()
        found = [_draw() for _ in range(drawn)]
        python, numpy = random.getstate(), np.random.get_state()
        call()
        changed = {
            "Python's random": random.getstate() != python,
            "NumPy's global generator": not same(np.random.get_state(), numpy),
            "keras.random": (found + [_draw() for _ in range(2 - drawn)]) != expected,
        }
        names = [name for name, is_changed in changed.items() if is_changed]
        context.require(not names, f"{context.case} changed the state of {', '.join(names)}")


@check(
    "HYG-2.settings",
    verifies="a call restores the global settings of Keras",
    impact="other models in the program compute in another precision, or fail",
    cases=SEEDED_CALLS,
)
def settings(context: CheckContext) -> None:
    found = global_settings.current()
    # In earlier checks the subject may have changed them already.
    global_settings.put(global_settings.at_start())
    try:
        call = _call_of(context, context.case, **accepted(context, random_state=3))
        before = global_settings.current()
        call()
        after = global_settings.current()
    finally:
        global_settings.put(found)
    changed = global_settings.differences(before, after)
    context.require(not changed, f"{context.case} changed settings of Keras: {', '.join(changed)}")


DTYPES = ("float16", "float32", "float64", "int32", "int64", "bool")
"""Of X; a wrapper may treat each in another way."""

FURTHER = ("predict", "predict_proba", "decision_function", "score")


@check(
    "HYG-2.settings-anywhere",
    verifies="no call changes the global settings of Keras: for data of other dtypes, in methods "
    "that predict, or while any other check of the run is executed",
    impact="one table in another precision changes what every later model computes",
)
def settings_anywhere(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    methods = [name for name in FURTHER if hasattr(context.cls, name)]
    given = accepted(context, random_state=3)
    context.fit(context.make(helper_builder(context), **given), X, y)
    for dtype in DTYPES:
        estimator = context.make(helper_builder(context), **given)
        data = X.astype(dtype)
        with global_settings.restored_settings(context.subject.packages) as changed:
            for method in ("fit", *methods):
                # What does not work with such data is what other clauses are about.
                with suppress(Exception):
                    getattr(estimator, method)(data, *((y,) if method in {"fit", "score"} else ()))
        context.require(
            not changed,
            f"{', '.join(('fit', *methods))} with X of dtype {dtype} changed settings of Keras: "
            f"{', '.join(changed)}",
        )


CHOSEN: dict[str, Any] = {
    "floatx": "float64",
    "epsilon": 1e-5,
    "image_data_format": "channels_first",
    "dtype_policy": "float64",
    "traceback-filtering": False,
    "interactive-logging": False,
    "max_epochs": 5,
}
"""By setting of Keras: a value that is not the default."""


@check(
    "HYG-2.settings-of-the-user",
    verifies="settings of Keras that a program has chosen are the same after every method",
    impact="a fit puts a setting back to Keras's default, which the program had changed for good",
    cases=CHOSEN,
    conditional=True,
)
def settings_of_the_user(context: CheckContext) -> None:
    found = global_settings.current()
    name = context.case.replace("-", " ")
    if name not in found:
        context.not_applicable(f"this Keras has no setting {name}")
    # The builder of a subject that is given models before is called before the setting.
    estimator = context.make(helper_builder(context), **accepted(context, random_state=3))
    X, y, *_ = doubles.dataset(context.wrapper)
    methods = ("fit", "fit", "partial_fit", "initialize", "fit", *FURTHER)
    global_settings.put({**global_settings.at_start(), name: CHOSEN[context.case]})
    try:
        for method in methods:
            if not hasattr(context.cls, method):
                continue
            before = global_settings.current()
            # What does not work under such a setting is what other clauses are about.
            with suppress(Exception):
                data = (X,) if method.startswith(("predict", "decision")) else (X, y)
                getattr(estimator, method)(*data)
            changed = global_settings.differences(before, global_settings.current())
            context.require(
                not changed,
                f"{method} changed settings of Keras that were chosen before: {', '.join(changed)}",
            )
    finally:
        global_settings.put(found)
