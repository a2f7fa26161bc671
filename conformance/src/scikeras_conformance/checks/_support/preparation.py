"""What a check makes sure of before it looks at its clause, with nothing but the helper model.

A clause about one form of a thing is broken only if the subject fails with that form and works
without it. Whether it works without it is tried once for each class.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from scikeras_conformance.checks._support.helper_models import (
    helper_builder,
    helper_loss,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.exceptions import Blocked, Nonconformance
from scikeras_conformance.runner.basic_use import helper_number
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.seeding import seed_everything

__all__ = [
    "accepted",
    "call_if_it_works",
    "counted_to",
    "own_parameters",
    "require_compile_prefix",
    "require_free_parameters",
    "require_it_compiles",
    "require_it_works",
    "require_one_unit_trains",
    "require_probabilities_exist",
    "require_weights_are_taken",
    "score_works",
    "try_once",
]

_tried: WeakKeyDictionary[type, dict[tuple[str, ...], Blocked | None]] = WeakKeyDictionary()
"""By class: what was tried, and what blocked it."""


def require_it_works(context: CheckContext, method: str = "fit") -> None:
    """Block the check unless a method works with the helper model, and nothing else given.

    Parameters
    ----------
    context : CheckContext
        The context.
    method : str, default="fit"
        ``"fit"`` or ``"initialize"``.
    """

    def attempt() -> None:
        X, y, *_ = doubles.dataset(context.wrapper)
        estimator = context.make(helper_builder(context))
        context.call(estimator, method, X, y)
        context.predict(estimator, X)

    try_once(context, attempt, method)


def require_it_compiles(context: CheckContext) -> None:
    """Block the check unless a model is compiled with the names of an optimizer and a loss."""

    def attempt() -> None:
        X, y, *_ = doubles.dataset(context.wrapper)
        loss = helper_loss(context)
        estimator = context.make(lambda: uncompiled_helper(context), optimizer="sgd", loss=loss)
        context.fit(estimator, X, y)

    try_once(context, attempt, "compilation")


@contextmanager
def counted_to(check: str, *, provided: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Count what ends the check in the block to the cause of another check, if that fails too.

    Parameters
    ----------
    check : str
        The check of the promise without which the block cannot end well.
    provided : callable, optional
        Returns whether that is the reason; it is called at the end of the check only.
    """
    try:
        yield
    except (Blocked, Nonconformance) as end:
        if not end.follows and provided():
            end.follows = check
        raise


def require_one_unit_trains(context: CheckContext) -> None:
    """Block the check unless the classifier can train one sigmoid unit, which TGT-1 is about.

    For checks whose models are not trained, so that nothing else would refuse the one unit.
    """
    if helper_number(context.subject, context.wrapper):
        one_unit = doubles.HELPERS[context.wrapper][0]
        context.fit(context.make(one_unit.builder()), one_unit.data.X, one_unit.data.y)


def call_if_it_works(
    context: CheckContext, estimator: Any, method: str, *args: Any, **kwargs: Any
) -> bool:
    """Call a method that is one of several, and return whether it worked.

    For checks of what methods leave behind: whether one of them works is what other clauses are
    about, and says nothing of the others.
    """
    try:
        context.call(estimator, method, *args, **kwargs)
    except Blocked:
        return False
    return True


def score_works(context: CheckContext) -> bool:
    """Whether an estimator can be scored, which the chapter SCORE is about."""

    def attempt() -> None:
        X, y, *_ = doubles.dataset(context.wrapper)
        estimator = context.make(helper_builder(context))
        context.fit(estimator, X, y)
        context.call(estimator, "score", X, y)

    if not hasattr(context.cls, "score"):
        return False
    try:
        try_once(context, attempt, "score")
    except Blocked:
        return False
    return True


def try_once(context: CheckContext, attempt: Callable[[], object], *what: str) -> None:
    """Prepare with something that is the same for many checks, the first time a class needs it.

    Parameters
    ----------
    context : CheckContext
        The context.
    attempt : callable
        Does it. If it is blocked, this check is, and so are all others that need the same.
    *what : str
        What is tried, to tell it from everything else.
    """
    tried = _tried.setdefault(context.cls, {})
    key = (*what, str(context.subject.builder_protocol))
    if key not in tried:
        tried[key] = _failure(context, attempt)
        # The check goes on as if nothing had drawn random numbers.
        seed_everything()
    if (blocked := tried[key]) is not None:
        again = Blocked(blocked.step, blocked.problem)
        again.follows = blocked.follows
        raise again from blocked.__cause__


def _failure(context: CheckContext, attempt: Callable[[], object]) -> Blocked | None:
    try:
        with context.preparing("trying something simpler"):
            attempt()
    except Blocked as blocked:
        return blocked
    return None


def own_parameters(context: CheckContext) -> list[str]:
    """Return the names of the wrapper's own parameters, without those for the builder."""
    return list(context.params(context.make(helper_builder(context))))


def accepted(context: CheckContext, **given: Any) -> dict[str, Any]:
    """Return those parameters that the wrapper has, each tried alone.

    For checks that give a wrapper several parameters and are about none of them: a wrapper need not
    have them. One that it does not have might be taken for an argument of the builder.

    Parameters
    ----------
    context : CheckContext
        The context.
    **given
        Named and routed parameters.
    """
    build = helper_builder(context)
    named = {*own_parameters(context), "model", "fit", "predict", "score"}

    # By its value: scripts cannot hold an enumeration and a table that need each other.
    routes = "routed-parameters" not in context.subject.not_offered

    def has(name: str, value: Any) -> bool:
        if "__" in name and not routes:
            return False
        try:
            context.subject.construct(context.cls, build, **{name: value})
        except (Exception, SystemExit):
            return False
        return name.partition("__")[0] in named

    return {name: value for name, value in given.items() if has(name, value)}


def require_free_parameters(context: CheckContext) -> None:
    """Block the check unless a keyword for the builder is a parameter, as INIT-1 has it."""
    if "units" not in context.params(context.make(helper_builder(context), units=1)):
        context.stop(
            "storing a keyword for the builder as a parameter",
            "did not happen",
            follows="INIT-1.free-parameters",
        )


def require_compile_prefix(context: CheckContext) -> None:
    """End a conditional check as not applicable if the wrapper does not route ``compile__x``.

    It should, but does not have to: COMP-8 is about that.
    """
    if not has_compile_prefix(context):
        context.not_applicable("compile__ is not among the prefixes, which COMP-8 is about")


def require_probabilities_exist(context: CheckContext) -> None:
    """End a conditional check as not applicable if the classifier has no ``predict_proba``.

    The contract leaves that open, as scikit-learn does.
    """
    if not hasattr(context.cls, "predict_proba"):
        context.not_applicable(
            "the classifier has no predict_proba, which it does not have to have"
        )


def require_weights_are_taken(context: CheckContext) -> None:
    """End a conditional check as not applicable if ``fit`` names no ``sample_weight``.

    Scikit-learn looks for the name, and boosting is promised only where weights are taken (SER-3).
    """
    from sklearn.utils.validation import has_fit_parameter

    with context.preparing("looking for sample_weight among the parameters of fit"):
        is_there = has_fit_parameter(context.cls, "sample_weight")
    if not is_there:
        context.not_applicable("fit has no parameter sample_weight, which boosting needs")
