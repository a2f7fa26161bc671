"""BUILD-5: the argument ``compile_kwargs`` of a builder."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import (
    helper_loss,
    helper_loss_class,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.preparation import counted_to
from scikeras_conformance.checks._support.recording_builder import (
    fit_with_builder,
    last_call,
    recording_builder,
    special_argument,
)
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.runner.context import CheckContext, show


def _is_instance(kind: str, value: Any) -> bool:
    parent = {
        "optimizer": keras.optimizers.Optimizer,
        "loss": keras.losses.Loss,
        "metric": keras.metrics.Metric,
    }[kind]
    is_function = kind != "optimizer" and callable(value) and not isinstance(value, type)
    return isinstance(value, parent) or is_function


@check(
    "BUILD-5.objects",
    verifies="compile_kwargs holds instances where names or classes were given",
    impact="a builder that sets an attribute of compile_kwargs['optimizer'] fails on a string",
    cases=["names", "classes", "names-by-output"],
)
def objects(context: CheckContext) -> None:
    name = helper_loss(context)
    settings: dict[str, Any] = {
        "names": {"optimizer": "adam", "loss": name, "metrics": ["mse"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": helper_loss_class(context),
            "metrics": [keras.metrics.MeanSquaredError],
        },
        "names-by-output": {
            "optimizer": "adam",
            "loss": {"out": name},
            "metrics": {"out": ["mse"]},
        },
    }[context.case]
    build, calls = recording_builder(context, "compile_kwargs", compiled=False)
    _, received = fit_with_builder(context, build, calls, **settings)
    arguments = special_argument(context, received, "compile_kwargs")
    for name, kind in (("optimizer", "optimizer"), ("loss", "loss"), ("metrics", "metric")):
        found = list(doubles.leaves(arguments.get(name)))
        context.require(
            len(found) == 1 and _is_instance(kind, found[0]),
            f"compile_kwargs[{name!r}] is {show(arguments.get(name))}",
        )


@check(
    "BUILD-5.routed-applied",
    verifies="objects in compile_kwargs are made with their routed parameters",
    impact="a builder that compiles the model itself trains with default settings",
)
def routed_applied(context: CheckContext) -> None:
    build, calls = recording_builder(context, "compile_kwargs", compiled=False)
    optimizer, _ = doubles.recording_class(keras.optimizers.SGD)
    loss, _ = doubles.recording_class(helper_loss_class(context))
    metric, _ = doubles.recording_class(keras.metrics.MeanSquaredError)
    _, received = fit_with_builder(
        context,
        build,
        calls,
        optimizer=optimizer,
        optimizer__momentum=0.75,
        loss=loss,
        loss__name="given",
        metrics=[metric],
        metrics__name="routed",
    )
    arguments = special_argument(context, received, "compile_kwargs")
    for name, parent, expected in (
        ("optimizer", optimizer, {"momentum": 0.75}),
        ("loss", loss, {"name": "given"}),
        ("metrics", metric, {"name": "routed"}),
    ):
        found = arguments.get(name)
        if len(inside := list(doubles.leaves(found))) == 1:
            found = inside[0]
        context.require(isinstance(found, parent), f"compile_kwargs[{name!r}] is {show(found)}")
        given = dict(getattr(found, "given", {}))
        context.require(
            expected.items() <= given.items(),
            f"the {name} should be made with {expected}; it was made with {given}",
        )


@check(
    "BUILD-5.usable",
    verifies="model.compile(**compile_kwargs) works in the builder, whatever form the metrics have",
    impact="the documented way to compile in the builder fails",
    cases=["plain", "with-compile-prefix", "one-metric", "one-metric-class", "metrics-by-output"],
)
def usable(context: CheckContext) -> None:
    prefixed = context.case == "with-compile-prefix" and has_compile_prefix(context)
    extra = {"compile__loss_weights": [0.5]} if prefixed else {}
    metrics = {
        "one-metric": "mae",
        "one-metric-class": keras.metrics.MeanAbsoluteError,
        "metrics-by-output": {"out": ["mae"]},
    }.get(context.case, ["accuracy", "mae"])
    build, calls = recording_builder(context, "compile_kwargs", compiled=False)
    loss = helper_loss(context)
    _, received = fit_with_builder(
        context, build, calls, optimizer="sgd", loss=loss, metrics=metrics, **extra
    )
    arguments = special_argument(context, received, "compile_kwargs")
    with context.doing(f"model.compile(**compile_kwargs) where metrics={show(metrics)}"):
        uncompiled_helper(context).compile(**arguments)


@check(
    "BUILD-5.set-later",
    verifies="in a second fit compile_kwargs holds a new optimizer, made of what was set since",
    impact="the second candidate that is set on one estimator is compiled like the first one",
    cases=["names", "classes"],
)
def set_later(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    loss = helper_loss_class(context)
    optimizers = ("sgd", "adam")
    if context.case == "classes":
        optimizers = (keras.optimizers.SGD, keras.optimizers.Adam)
    build, calls = recording_builder(context, "compile_kwargs", compiled=False)
    given = {"optimizer": optimizers[0], "loss": loss, "optimizer__learning_rate": 0.5}
    estimator, received = fit_with_builder(context, build, calls, **given)
    first = special_argument(context, received, "compile_kwargs")
    # That they can be set is what INIT-10 is about.
    with counted_to("INIT-10.settable"):
        context.call(
            estimator, "set_params", optimizer=optimizers[1], optimizer__learning_rate=0.125
        )
    with context.doing("fit after fit and set_params(optimizer=..., optimizer__learning_rate=...)"):
        context.fit(estimator, X, y)
    second = special_argument(context, last_call(context, calls), "compile_kwargs")
    found = second.get("optimizer")
    with context.doing("reading the learning rate of compile_kwargs['optimizer']"):
        rate = float(getattr(found, "learning_rate", 0.0))
    context.require(
        isinstance(found, keras.optimizers.Adam) and rate == 0.125,
        f"compile_kwargs['optimizer'] should be Adam with the rate 0.125; it is {show(found)} with "
        f"the rate {rate}",
    )
    context.require(
        first.get("optimizer") is not found, "compile_kwargs holds one optimizer in two fits"
    )
