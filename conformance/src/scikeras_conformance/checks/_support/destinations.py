"""An estimator whose routed parameters are recorded at every destination."""

from collections.abc import Collection, Mapping
from typing import Any

from scikeras_conformance.checks._support.helper_models import helper_loss, helper_model
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted, score_works
from scikeras_conformance.runner.context import CheckContext, Observation, show

__all__ = [
    "DESTINATIONS",
    "KINDS",
    "Destinations",
    "instances_made",
    "kinds_in",
    "nested_classes",
    "prepared",
    "require_made",
    "require_no_leak",
    "require_received",
    "stub_helper",
    "subclass",
    "use",
    "without_routed",
]

DESTINATIONS = ("model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score")
"""The prefixes of the contract, without their underscores."""

KINDS = ("optimizer", "loss", "metrics", "callbacks")
"""The parameters whose classes are instantiated."""

COMPILATION = frozenset({"optimizer", "loss", "metrics"})
"""Those that a model is compiled with."""

SPECIAL = frozenset({"compile_kwargs", "meta", "params"})
"""The special arguments of a builder."""

SCORE = 0.5
"""What the scorer of `Destinations` returns."""


def stub_helper(context: CheckContext) -> Any:
    """Make an uncompiled stub model that predicts the default data."""
    helper = helper_model(context)
    return doubles.make_model(helper.data, helper.activation, cls=doubles.StubModel)


def subclass(context: CheckContext, **attributes: Any) -> Any:
    """Return a subclass of the class under test, with additional attributes."""
    with context.preparing("subclassing the wrapper"):
        return type("Subclass", (context.cls,), attributes)


class Destinations:
    """Record what reaches every destination of a routed parameter.

    The builder, the methods of the model and the scorer always record. Classes are given to the
    wrapper only where they are needed: a wrapper may have no parameter for them.

    Parameters
    ----------
    context : CheckContext
        The context.
    kinds : collection of str, default=()
        Those of `KINDS` that the wrapper is given. With an optimizer, a loss or metrics among them
        the wrapper compiles the model, and otherwise the builder.
    requests : bool, default=False
        Whether the builder requests ``compile_kwargs``.
    compiled : bool, default=False
        Whether the builder compiles the model anyway. Nested structures that a model with one
        output could not be compiled with can then be given to the wrapper, and what it makes of
        them is seen in ``compile_kwargs``.
    signature : collection of str, default=()
        Names of arguments. If there are any, the signatures of the constructors, the scorer and,
        unless it requests something, the builder have these and no others; otherwise all accept
        anything.
    """

    def __init__(
        self,
        context: CheckContext,
        kinds: Collection[str] = (),
        *,
        requests: bool = False,
        compiled: bool = False,
        signature: Collection[str] = (),
    ) -> None:
        self.context = context
        self.signature = tuple(signature)
        self.requests = requests
        self.wrapper_compiles = not COMPILATION.isdisjoint(kinds)
        self.compiled = compiled or not self.wrapper_compiles
        self.classes = {
            kind: doubles.class_accepting_anything(kind, *self.signature)
            for kind in KINDS
            if kind in kinds
        }
        self.built: list[dict[str, Any]] = []
        self.compilations: list[Any] = []
        self.models: list[Any] = []
        self.scored: list[dict[str, Any]] = []

    # -- what the wrapper is given --------------------------------------------------------------

    def estimator(self, steps: "CheckContext | Observation", /, **params: Any) -> Any:
        """Make an estimator whose destinations all record what they receive.

        Parameters
        ----------
        steps : CheckContext or Observation
            Whether this prepares, or is what the clause is about.
        **params : object
            Further parameters.
        """
        given = {"model": self._builder(), **self._plain(), **params}
        return steps.make_of(self._scoring_class(), **given)

    def _plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = dict(self.classes)
        if self.wrapper_compiles:
            plain = {"optimizer": "sgd", "loss": helper_loss(self.context), **plain}
        if "metrics" in plain:
            plain["metrics"] = [plain["metrics"]]
        return plain

    def _builder(self) -> Any:
        def build(**free: Any) -> Any:
            self.built.append({name: free[name] for name in free if name not in SPECIAL})
            self.models.append(stub_helper(self.context))
            if self.compiled:
                self._compile(self.models[-1], None)
            return self.models[-1]

        def build_with_arguments(compile_kwargs: Any = None, **free: Any) -> Any:
            self.built.append({name: free[name] for name in free if name not in SPECIAL})
            self.compilations.append(compile_kwargs)
            self.models.append(stub_helper(self.context))
            if self.compiled:
                self._compile(self.models[-1], compile_kwargs)
            return self.models[-1]

        if self.requests:
            return build_with_arguments
        return doubles.naming_arguments(build, self.signature) if self.signature else build

    def _compile(self, model: Any, arguments: Any) -> None:
        """Compile the model as a user's builder may do, with one of the losses that were made."""
        losses = doubles.leaves(arguments.get("loss") if isinstance(arguments, dict) else None)
        own = [loss for loss in losses if isinstance(loss, keras.losses.Loss)]
        model.compile(doubles.zero_learning_rate(), loss=(own or [helper_loss(self.context)])[0])

    def _scoring_class(self) -> Any:
        def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
            del y_true, y_pred
            self.scored.append(kwargs)
            return SCORE

        if self.signature:
            names = dict.fromkeys([*self.signature, "sample_weight"])
            scorer = doubles.naming_arguments(scorer, names, leading=["y_true", "y_pred"])
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
        if destination in KINDS:
            cls = self.classes.get(destination)
            return [] if cls is None else [made.given for made in cls.made]
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


def kinds_in(params: Mapping[str, Any]) -> set[str]:
    """Return the kinds of classes that parameters are about, routed or plain."""
    return {name.partition("__")[0] for name in params} & set(KINDS)


def without_routed(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain ones among parameters."""
    return {name: value for name, value in params.items() if "__" not in name}


def prepared(
    context: CheckContext,
    /,
    *calls: str,
    requests: bool = False,
    signature: Collection[str] = (),
    **params: Any,
) -> tuple[Destinations, Any]:
    """Return recording destinations, and an estimator that was fitted with routed parameters.

    That this works is what the clause is about, provided that it works without them.

    Parameters
    ----------
    context : CheckContext
        The context.
    *calls : str
        Methods to call afterwards, with the default data.
    requests : bool, default=False
        See `Destinations`.
    signature : collection of str, default=()
        See `Destinations`.
    **params : object
        The parameters of the estimator.
    """
    kinds = kinds_in(params)

    def without() -> None:
        other = Destinations(context, kinds, requests=requests, signature=signature)
        use(context, other.estimator(context, **without_routed(params)), "fit", *calls)

    destinations = Destinations(context, kinds, requests=requests, signature=signature)
    with provided(without):
        estimator = destinations.estimator(context.observe, **params)
        use(context.observe, estimator, "fit", *calls)
    return destinations, estimator


def use(steps: "CheckContext | Observation", estimator: Any, *methods: str) -> None:
    """Call methods of an estimator with the default data."""
    X, y, *_ = doubles.dataset(steps.wrapper)
    for method in methods:
        takes_target = method in {"fit", "partial_fit", "initialize", "score"}
        steps.call(estimator, method, *((X, y) if takes_target else (X,)))


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
    """Require that values routed with one prefix do not reach another destination.

    Each destination accepts anything, and then names just these arguments in its signature.
    """
    kinds = {*_kinds_accepted(context), *({prefix} & set(KINDS))}
    for signature in ((), tuple(given)):
        _require_no_leak_to(context, prefix, given, kinds, signature)


def _require_no_leak_to(
    context: CheckContext,
    prefix: str,
    given: dict[str, Any],
    kinds: set[str],
    signature: tuple[str, ...],
) -> None:
    # The base wrapper need not have a score.
    everything = ("fit", "predict", *(["score"] if score_works(context) else []))

    def without() -> None:
        other = Destinations(context, kinds, signature=signature)
        use(context, other.estimator(context), *everything)

    routed = {f"{prefix}__{name}": value for name, value in given.items()}
    plain = accepted(context, verbose=0) if "verbose" in given else {}
    destinations = Destinations(context, kinds, signature=signature)
    with provided(without):
        estimator = destinations.estimator(context.observe, **plain, **routed)
        use(context.observe, estimator, *everything)
    for destination in (*DESTINATIONS, "compile"):
        if destination == prefix:
            continue
        for call in destinations.received(destination):
            seen = {name: value for name, value in call.items() if isinstance(value, (int, str))}
            leaked = [
                name
                for name, value in given.items()
                # 2 may be the value of something else.
                if (seen.get(name) == value if name == "verbose" else value in seen.values())
            ]
            where = f"{destination}, whose signature names them" if signature else destination
            context.require(
                not leaked,
                f"{', '.join(f'{prefix}__{name}' for name in leaked)} reached {where}: "
                f"{show(seen)}",
            )


def _kinds_accepted(context: CheckContext) -> set[str]:
    """Return the kinds of classes that the wrapper has parameters for."""
    classes = {kind: doubles.class_accepting_anything(kind) for kind in KINDS}
    found = set(accepted(context, **classes))
    # It compiles with all of them, or with none.
    return found if found >= COMPILATION else found - COMPILATION


def instances_made(
    context: CheckContext, structures: Mapping[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a fit makes of nested structures of classes, by destination."""
    kinds = kinds_in({**structures, **params})
    compiles = not COMPILATION.isdisjoint(kinds)

    def recording() -> Destinations:
        return Destinations(context, kinds, requests=compiles, compiled=True)

    def without() -> None:
        use(context, recording().estimator(context, **structures), "fit")

    destinations = recording()
    with provided(without):
        estimator = destinations.estimator(context.observe, **structures, **params)
        use(context.observe, estimator, "fit")
    if not destinations.built:
        context.stop("fit", "did not call the builder")
    arguments = destinations.compilations[-1] if compiles else {}
    if not isinstance(arguments, dict):
        context.stop("the builder's compile_kwargs", f"is {show(arguments)}, not a dict")
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
        "list-of-one": [a],
        "dict-of-one": {"first": a},
        "similar-keys": {"out": a, "out_2": b},
        "keys-in-two-cases": {"out": a, "Out": b},
        "keys-of-digits": {"7": a, "0": b},
        "number-keys": {7: a, 0: b},
        "nested-list": [[a, b], [c]],
        "dict-of-lists": {"first": [a, b], "second": [c]},
        "long-list": [doubles.class_accepting_anything(kind) for _ in range(11)],
    }
    return structures[shape]
