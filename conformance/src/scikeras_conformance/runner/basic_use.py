"""The smoke stage: what a subject can fit at all, before anything is checked.

It tries the first promise that a user relies on (CLS-2): construct an estimator with a builder, fit
it, predict. The first helper model with which that works is the one that checks use; a subject with
which it never works cannot be judged, and learns what would help.
"""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import CannotFitError, TimeUp
from scikeras_conformance.runner import post_mortem
from scikeras_conformance.runner.context import describe, show
from scikeras_conformance.runner.global_settings import restored_settings
from scikeras_conformance.runner.interruption import is_from_outside, noticing_interrupts
from scikeras_conformance.runner.lazy_module import LazyModule
from scikeras_conformance.runner.process_state import restored_process_state
from scikeras_conformance.runner.seeding import seed_everything
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT, time_limit
from scikeras_conformance.subject.builder_protocol import READY_MADE, BuilderProtocol
from scikeras_conformance.subject.loading import Subject

__all__ = [
    "STAGE",
    "BasicUse",
    "basic_use_of",
    "helper_number",
    "require_basic_use",
    "what_happened",
    "working_protocols",
]

STAGE = "tried a fit"
"""What a process that ends meanwhile was doing, see `post_mortem`."""

doubles = LazyModule("scikeras_conformance.doubles")
np = LazyModule("numpy")

REFUSAL = "refusal"
"""The key of what is said about a subject without basic use."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with one helper model.

    Parameters
    ----------
    step : str
        What was called.
    what : str
        What happened, in words that continue the step.
    is_silent : bool
        Whether nothing was raised: the model was trained, and predictions were wrong.
    """

    step: str
    what: str
    is_silent: bool = False

    def __str__(self) -> str:
        return f"{self.step} {self.what}"


@dataclass(slots=True)
class BasicUse:
    """What one wrapper of a subject can fit.

    Attributes
    ----------
    helper : int or None
        The number of the first helper model with which basic use works; None if there is none.
    problems : list of Problem
        What went wrong with the helper models before it.
    """

    helper: int | None = None
    problems: list[Problem] = field(default_factory=list)


def basic_use_of(subject: Subject, wrapper: Wrapper) -> BasicUse:
    """Return what one wrapper can fit; it is tried once for each subject.

    The global generators are seeded after the trial, so that a check which asks first goes on like
    one which asks later. No later call may seed them: builders ask too, in the middle of a fit.

    Parameters
    ----------
    subject : Subject
        The implementation under test.
    wrapper : Wrapper
        One of its wrappers.
    """
    if wrapper not in subject.basic_use:
        with warnings.catch_warnings(), restored_settings(subject.packages):
            warnings.simplefilter("ignore")
            subject.basic_use[wrapper] = _try(subject, wrapper)
        seed_everything()
    found: BasicUse = subject.basic_use[wrapper]
    return found


def helper_number(subject: Subject, wrapper: Wrapper) -> int:
    """Return the number of the helper model that checks of a wrapper use.

    Without one that works it is the first: the check is then blocked, or fails, like any user.
    """
    return basic_use_of(subject, wrapper).helper or 0


def require_basic_use(
    subject: Subject, wrapper: Wrapper, *, limit: float = DEFAULT_LIMIT, kill: bool = False
) -> None:
    """Refuse a subject with which basic use works for none of its wrappers.

    Parameters
    ----------
    subject : Subject
        The implementation under test.
    wrapper : Wrapper
        The wrapper to try first.
    limit : float, default=120
        Seconds that one wrapper may take; zero means without end.
    kill : bool, default=False
        Whether to end the process if a fit cannot be stopped in another way.

    Raises
    ------
    CannotFitError
        With what was called, what happened, and what would help.
    """
    if wrapper in subject.basic_use and subject.basic_use[wrapper].helper is not None:
        return
    post_mortem.note(STAGE)
    with noticing_interrupts(), restored_process_state():
        for one in sorted(subject.classes, key=lambda other: other is not wrapper):
            if one not in subject.basic_use:
                _try_within(subject, one, limit, kill=kill)
            if subject.basic_use[one].helper is not None:
                post_mortem.note("ran its checks")
                return
        if REFUSAL not in subject.basic_use:
            # Every item of a run may ask, and the other protocols take a second to try.
            subject.basic_use[REFUSAL] = "\n".join(_refusal(subject, limit, kill=kill))
    raise CannotFitError(subject.basic_use[REFUSAL])


def _try_within(subject: Subject, wrapper: Wrapper, limit: float, *, kill: bool) -> None:
    try:
        with time_limit(limit, kill=kill):
            basic_use_of(subject, wrapper)
    except TimeUp as stop:
        step = f"{subject.classes[wrapper].__name__}(builder).fit(X, y)"
        subject.basic_use[wrapper] = BasicUse(None, [Problem(step, str(stop))])


def working_protocols(subject: Subject) -> list[BuilderProtocol]:
    """Return the other builder protocols with which basic use works for each wrapper.

    Parameters
    ----------
    subject : Subject
        The implementation under test.
    """
    others = [one for one in READY_MADE if one is not subject.builder_protocol]
    return [one for one in others if _works_with(subject, one)]


def _works_with(subject: Subject, protocol: BuilderProtocol) -> bool:
    changed = subject.with_protocol(protocol)
    return all(basic_use_of(changed, wrapper).helper is not None for wrapper in changed.classes)


def _try(subject: Subject, wrapper: Wrapper) -> BasicUse:
    found = BasicUse()
    for number, helper in enumerate(doubles.HELPERS[wrapper]):
        problem = _problem(subject, wrapper, helper)
        if problem is None:
            found.helper = number
            return found
        found.problems.append(problem)
    # Better a model that is trained and predicts something than none: what it predicts is for
    # checks to judge.
    silent = [number for number, problem in enumerate(found.problems) if problem.is_silent]
    found.helper = silent[0] if silent else None
    return found


def _problem(subject: Subject, wrapper: Wrapper, helper: Any) -> Problem | None:
    """Return what goes wrong with a helper model; None if nothing does."""
    cls = subject.classes[wrapper]
    build, received = _builder_for(subject.builder_protocol, helper)
    X, y, *_ = helper.data
    name = cls.__name__
    step = f"{name}(builder)"
    seed_everything()
    try:
        estimator = subject.construct(cls, build)
        step = f"{name}(builder).fit(X, y), with a model of {helper.words},"
        estimator.fit(X, y)
        if not received:
            return Problem(step, "did not call the builder")
        first = received[-1]
        if subject.builder_protocol is BuilderProtocol.DATA_FIRST and np.shape(first) != X.shape:
            return Problem(step, f"passed {show(first)} to the builder as X")
        if subject.builder_protocol is BuilderProtocol.SHAPES and not _is_shape(first, X):
            return Problem(step, f"passed {show(first)} to the builder as input_shape")
        step = f"{name}(builder).fit(X, y).predict(X), with a model of {helper.words},"
        predicted = np.asarray(estimator.predict(X))
    except BaseException as error:
        if is_from_outside(error):
            raise
        return Problem(step, f"raised {describe(error)}")
    right = predicted.size == y.size and np.allclose(predicted.reshape(y.shape), y, atol=1e-3)
    if right:
        return None
    return Problem(step, f"returned {show(predicted[:3])} ..., not {show(y[:3])} ...", True)


def _builder_for(protocol: BuilderProtocol, helper: Any) -> tuple[Any, list[Any]]:
    """Return a builder, and a list of the first argument that it received in each call."""
    received: list[Any] = []

    def build() -> Any:
        received.append(None)
        return helper.compiled()

    def build_with_data(X: Any = None, y: Any = None) -> Any:
        del y
        received.append(X)
        return helper.compiled()

    def build_with_shapes(input_shape: Any = None, output_shape: Any = None) -> Any:
        del output_shape
        received.append(input_shape)
        return helper.compiled()

    for one in (build, build_with_data, build_with_shapes):
        # Python's messages name the function, which means nothing to the reader.
        one.__qualname__ = "builder"
    builders = {
        BuilderProtocol.DATA_FIRST: build_with_data,
        BuilderProtocol.SHAPES: build_with_shapes,
    }
    return builders.get(protocol, build), received


def _is_shape(value: Any, X: Any) -> bool:
    try:
        return tuple(value) in {X.shape[1:], X.shape, (None, *X.shape[1:])}
    except TypeError:
        return False


def what_happened(subject: Subject) -> Iterator[str]:
    """Return lines about a subject with which basic use works for none of its wrappers."""
    yield (
        f"The subject {subject.spec!r} cannot be judged: constructing an estimator with a builder, "
        "fitting it and predicting works for none of its wrappers."
    )
    for wrapper in subject.classes:
        # What happened is shown once, though it may have happened with several helper models.
        problems = {one.what: one for one in reversed(subject.basic_use[wrapper].problems)}
        for problem in reversed(problems.values()):
            yield f"  {wrapper}: {problem}"


def _refusal(subject: Subject, limit: float, *, kill: bool) -> Iterator[str]:
    yield from what_happened(subject)
    working: list[BuilderProtocol] = []
    with suppress(TimeUp), time_limit(limit, kill=kill):
        working = working_protocols(subject)
    if working:
        yield (
            f"It works with another builder protocol: give --builder-protocol {working[0]}, or "
            f'write builder-protocol = "{working[0]}" into the configuration.'
        )
    else:
        yield (
            "No builder protocol helps: "
            f"{', '.join(one for one in READY_MADE if one is not subject.builder_protocol)} were "
            "tried. Name an adapter as module:adapter: its method construct(cls, *args, **params) "
            "makes an estimator where the constructor differs, and its method "
            "wrap_builder(builder) returns what to pass instead of a builder. "
            f"'scikeras-conformance init {subject.spec}' writes one to start from."
        )
