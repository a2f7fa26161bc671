"""An estimator whose routed parameters are recorded at every destination."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "DESTINATIONS",
    "KINDS",
    "Destinations",
    "instances_made",
    "nested_classes",
    "prepared",
    "require_made",
    "require_no_leak",
    "require_received",
    "subclass",
]

DESTINATIONS = ("model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score")
"""The prefixes of the contract, without their underscores."""

KINDS = ("optimizer", "loss", "metrics", "callbacks")
"""The parameters whose classes are instantiated."""

SCORE = 0.5
"""What the scorer of `Destinations` returns."""


def subclass(context: CheckContext, **attributes: Any) -> Any:
    """Return a subclass of the class under test, with additional attributes."""
    with context.doing("subclassing the wrapper"):
        return type("Subclass", (context.cls,), attributes)


class Destinations:
    """Record what reaches every destination of a routed parameter.

    Parameters
    ----------
    context : CheckContext
        The context.
    compiled : bool, default=False
        Whether the builder compiles the model. Nested structures that a model with one output
        could not be compiled with can then be given to the wrapper, and what it makes of them is
        seen in ``compile_kwargs``.
    """

    def __init__(self, context: CheckContext, *, compiled: bool = False) -> None:
        self.context = context
        self.compiled = compiled
        self.classes = {kind: doubles.class_accepting_anything(kind) for kind in KINDS}
        self.built: list[dict[str, Any]] = []
        self.compilations: list[Any] = []
        self.models: list[Any] = []
        self.scored: list[dict[str, Any]] = []

    # -- what the wrapper is given --------------------------------------------------------------

    def estimator(self, **params: Any) -> Any:
        """Make an estimator whose destinations all record what they receive."""
        given = {"model": self._builder(), **self._plain(), **params}
        return self.context.make_of(self._scoring_class(), **given)

    def use(self, estimator: Any) -> None:
        """Fit, predict and score."""
        X, y, *_ = doubles.dataset(self.context.wrapper)
        self.context.fit(estimator, X, y)
        self.context.predict(estimator, X)
        self.context.call(estimator, "score", X, y)

    def _plain(self) -> dict[str, Any]:
        return {**self.classes, "metrics": [self.classes["metrics"]]}

    def _builder(self) -> Any:
        def build(
            compile_kwargs: Any = None, meta: Any = None, params: Any = None, **free: Any
        ) -> Any:
            del meta, params
            self.built.append(free)
            self.compilations.append(compile_kwargs)
            self.models.append(doubles.stub_model_for(self.context.wrapper))
            if self.compiled:
                self._compile(self.models[-1], compile_kwargs)
            return self.models[-1]

        return build

    def _compile(self, model: Any, arguments: Any) -> None:
        """Compile the model as a user's builder may do, with one of the losses that were made."""
        losses = doubles.leaves(arguments.get("loss") if isinstance(arguments, dict) else None)
        own = [loss for loss in losses if isinstance(loss, keras.losses.Loss)]
        model.compile(optimizer="sgd", loss=(own or ["mean_squared_error"])[0])

    def _scoring_class(self) -> Any:
        def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
            del y_true, y_pred
            self.scored.append(kwargs)
            return SCORE

        return subclass(self.context, scorer=staticmethod(scorer))

    # -- what was received ----------------------------------------------------------------------

    def received(self, destination: str) -> list[dict[str, Any]]:
        """Return what a destination received: a dict of arguments for each call.

        Parameters
        ----------
        destination : str
            ``"model"`` for the builder, ``"compile"``, ``"fit"`` and ``"predict"`` for the methods
            of the model, ``"score"`` for the scorer, or one of `KINDS` for a constructor.
        """
        if destination in self.classes:
            return [made.given for made in self.classes[destination].made]
        if destination == "model":
            return self.built
        if destination == "score":
            return self.scored
        return [call for model in self.models for call in _calls(model, destination)]


def _calls(model: Any, method: str) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = getattr(model.log, method + "s")
    return calls


def require_made(
    context: CheckContext, instances: Any, expected: dict[type, dict[str, Any]], what: str
) -> None:
    """Require one instance of each class, made with exactly the expected arguments.

    Parameters
    ----------
    context : CheckContext
        The context.
    instances : list
        What the subject made of a nested structure of classes, in any structure and order.
    expected : dict
        Arguments by class.
    what : str
        What the instances are, for the message.
    """
    found = list(doubles.leaves(instances))
    for position, (cls, arguments) in enumerate(expected.items()):
        mine = [one for one in found if isinstance(one, cls)]
        context.require(
            len(mine) == 1,
            f"{what}: there should be one instance of class {position}, made with {arguments}; "
            f"it made {len(mine)} in {show(found)}",
        )
        given = getattr(mine[0], "given", None)
        context.require(
            same(given, arguments),
            f"{what}: class {position} should be made with {arguments}; it was made with "
            f"{show(given)}",
        )


def prepared(context: CheckContext, **params: Any) -> tuple[Destinations, Any]:
    """Return recording destinations, and an estimator that was fitted with them."""
    destinations = Destinations(context)
    estimator = destinations.estimator(**params)
    X, y, *_ = doubles.dataset(context.wrapper)
    context.fit(estimator, X, y)
    return destinations, estimator


def require_received(
    context: CheckContext, calls: list[dict[str, Any]], expected: dict[str, Any], what: str
) -> None:
    """Require at least one call, and the expected arguments in each."""
    context.require(calls, f"{what} was never called")
    for call in calls:
        for name, value in expected.items():
            context.require(name in call, f"{what} did not receive {name}={show(value)}")
            context.require(
                same(call[name], value),
                f"{what} should receive {name}={show(value)}; it received {show(call[name])}",
            )


def require_no_leak(context: CheckContext, prefix: str, given: dict[str, Any]) -> None:
    """Require that values routed with one prefix do not reach another destination."""
    destinations = Destinations(context)
    estimator = destinations.estimator(
        **{f"{prefix}__{name}": value for name, value in given.items()}
    )
    destinations.use(estimator)
    for destination in (*DESTINATIONS, "compile"):
        if destination == prefix:
            continue
        for call in destinations.received(destination):
            seen = {name: value for name, value in call.items() if isinstance(value, (int, str))}
            leaked = [name for name, value in given.items() if value in seen.values()]
            context.require(
                not leaked,
                f"{', '.join(f'{prefix}__{name}' for name in leaked)} reached {destination}: "
                f"{show(seen)}",
            )


def instances_made(
    context: CheckContext, structures: Mapping[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a fit makes of nested structures of classes, by destination."""
    destinations = Destinations(context, compiled=True)
    estimator = destinations.estimator(**structures, **params)
    X, y, *_ = doubles.dataset(context.wrapper)
    context.fit(estimator, X, y)
    context.require(destinations.compilations, "the builder was never called")
    arguments = destinations.compilations[-1]
    context.require(isinstance(arguments, dict), f"compile_kwargs is {show(arguments)}, not a dict")
    # A wrapper may store callbacks anywhere; what counts is that they are called in training.
    seen = [one for cls in doubles.leaves(structures.get("callbacks", [])) for one in cls.trained]
    callbacks = list({id(one): one for one in seen}.values())
    return {**arguments, "model": destinations.built[-1], "callbacks": callbacks}


def nested_classes(kind: str, shape: str) -> Any:
    """Return new classes in a nested structure of a given shape."""
    a, b, c = (doubles.class_accepting_anything(kind) for _ in range(3))
    structures = {
        "single": a,
        "list": [a, b],
        "dict": {"first": a, "second": b},
        "similar-keys": {"out": a, "out_2": b},
        "nested-list": [[a, b], [c]],
        "dict-of-lists": {"first": [a, b], "second": [c]},
    }
    return structures[shape]
