"""HYG-7: what is left after Ctrl-C."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import compiled_helper, helper_builder
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.recorded_training import before_each_batch
from scikeras_conformance.checks._support.training import read_history
from scikeras_conformance.runner.context import CheckContext, show

INTERRUPTED_EPOCH = 2
"""The third epoch, counted from zero."""


@check(
    "HYG-7.while-building",
    verifies="a KeyboardInterrupt in the builder of a second fit leaves the estimator as the first "
    "fit left it",
    impact="whoever stops a fit by Ctrl-C loses the model that was trained before",
    cases=["fit", "initialize"],
)
def while_building(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls: list[int] = []

    def build() -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return compiled_helper(context)

    estimator = context.make(build)
    context.fit(estimator, X, y)
    model = context.model(estimator)
    before = as_array(context, context.predict(estimator, X), "predict")
    n_features = getattr(estimator, "n_features_in_", None)
    method = context.attribute(estimator, context.case)
    # What becomes of the interrupt is not what this clause is about.
    with suppress(KeyboardInterrupt, Exception):
        # One feature more, so that attributes of the second data would be seen.
        method(np.hstack([X, X[:, :1]]), y)
    if len(calls) < 2:
        context.stop(context.case, "did not call the builder again")
    found = getattr(estimator, "model_", None)
    context.require(found is model, f"model_ became {show(found)}, not the model of the first fit")
    with context.doing("reading n_features_in_ after the interrupt"):
        found = getattr(estimator, "n_features_in_", None)
        kept = bool(found == n_features)
    context.require(
        kept,
        f"n_features_in_ became {show(found)}; it was {show(n_features)} after the first fit",
    )
    with context.doing("after the interrupt"):
        after = as_array(context, context.predict(estimator, X), "predict after the interrupt")
    context.require(
        before.shape == after.shape and np.array_equal(before, after),
        f"predict returned {show(after[:3])} after the interrupt, and {show(before[:3])} before",
    )


@check(
    "HYG-7.while-training",
    verifies="a KeyboardInterrupt in the third epoch leaves the finished epochs in history_",
    impact="whoever stops a long training by Ctrl-C loses the record of what was trained",
)
def while_training(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    batches: list[int] = []

    def interrupt() -> None:
        batches.append(1)
        # There is one batch in each epoch.
        if len(batches) == INTERRUPTED_EPOCH + 1:
            raise KeyboardInterrupt

    estimator = context.make(before_each_batch(helper_builder(context), interrupt), epochs=6)
    with context.preparing("fit"), suppress(KeyboardInterrupt):
        estimator.fit(X, y)
    if len(batches) <= INTERRUPTED_EPOCH:
        context.recording_model(estimator)  # any other model is not interrupted
        context.stop("fit", "did not train for as many epochs as it should")
    with context.doing("reading history_ after an interrupt in the third epoch"):
        is_there = hasattr(estimator, "history_")
    context.require(is_there, "after an interrupt in the third epoch there is no history_")
    with context.doing("reading history_ after an interrupt in the third epoch"):
        losses = read_history(context, estimator).get("loss", [])
    context.require(
        len(losses) == INTERRUPTED_EPOCH,
        f"after an interrupt in the third epoch, the loss should have an entry for each of the two "
        f"that were finished; it has {len(losses)}",
    )


@check(
    "HYG-7.later-training",
    verifies="a KeyboardInterrupt in a second fit, a warm one or a partial_fit leaves the epochs "
    "that were finished in history_, and a model that predicts",
    impact="whoever stops further training by Ctrl-C loses the model, or the record of it",
    cases=["second-fit", "warm-fit", "partial_fit"],
    conditional=True,
    presupposes="HYG-7.while-training",
)
def later_training(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    batches: list[int] = []
    # There is one batch in each epoch.
    epochs = 4
    allowed = epochs + (1 if context.case == "partial_fit" else INTERRUPTED_EPOCH)

    def interrupt() -> None:
        batches.append(1)
        if len(batches) == allowed + 1:
            raise KeyboardInterrupt

    settings = {"epochs": epochs, **({"warm_start": True} if context.case == "warm-fit" else {})}
    if accepted(context, **settings).keys() != settings.keys():
        context.not_applicable(f"the wrapper has no parameters {', '.join(settings)}")
    build = before_each_batch(helper_builder(context), interrupt)
    estimator = context.make(build, **settings)
    context.fit(estimator, X, y)
    method = "partial_fit" if context.case == "partial_fit" else "fit"
    if method == "partial_fit":
        # The first of them is finished, and the second is not.
        context.call(estimator, method, X, y)
    with context.preparing(method), suppress(KeyboardInterrupt):
        getattr(estimator, method)(X, y)
    if len(batches) <= allowed:
        context.recording_model(estimator)  # any other model is not interrupted
        context.stop(method, "did not train for as many epochs as it should")
    wanted = allowed if method == "partial_fit" else INTERRUPTED_EPOCH
    what = f"after an interrupt in a {context.case.replace('-', ' ')}"
    with context.doing(f"reading history_ {what}"):
        losses = read_history(context, estimator).get("loss", [])
    context.require(
        len(losses) == wanted,
        f"{what}, the loss should have an entry for each of the {wanted} epochs that were "
        f"finished; it has {len(losses)}",
    )
    with context.doing(f"predict {what}"):
        context.predict(estimator, X)
