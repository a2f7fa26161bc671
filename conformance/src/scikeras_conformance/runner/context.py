"""The context of a check: the subject, guarded calls, expectations.

Everything that a check does with the subject goes through a guard. What the subject raises inside
a guard ends the check: as *broken*, if the step is what the clause is about, and as *blocked*, if
it only prepares for that. An exception anywhere else in a check is the suite's own error.

::

    estimator = context.make(build)                      # preparation: an exception blocks
    context.fit(estimator, X, y)                         # preparation
    predicted = context.observe.predict(estimator, X)    # the clause: an exception breaks it
    with context.doing("clone(estimator)"):              # the clause
        clone(estimator)
    with context.preparing("fitting a pipeline"):        # preparation
        pipeline.fit(X, y)
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn

from scikeras_conformance.catalog.printable import describe, show
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import Blocked, Nonconformance, NotApplicable, Unavailable
from scikeras_conformance.runner.interruption import is_from_outside
from scikeras_conformance.subject.loading import Subject

__all__ = ["CheckContext", "Observation", "describe", "show"]

OUTCOMES = (Nonconformance, Blocked, NotApplicable, Unavailable)


class Steps(ABC):
    """What a check does with its subject, each step in a guard.

    Parameters
    ----------
    subject : Subject
        The implementation under test.
    wrapper : Wrapper
        The wrapper that the check is about.
    """

    def __init__(self, subject: Subject, wrapper: Wrapper) -> None:
        self.subject = subject
        self.wrapper = wrapper

    @property
    def cls(self) -> Any:
        """The class under test."""
        return self.subject.classes[self.wrapper]

    @abstractmethod
    def _guard(self, step: str) -> AbstractContextManager[None]:
        """Guard a step."""

    @abstractmethod
    def stop(self, step: str, problem: str, *, follows: str = "") -> NoReturn:
        """End the check: the subject failed in a step without raising.

        Parameters
        ----------
        step : str
            What it was to do.
        problem : str
            What happened instead, in words that continue the step.
        follows : str, default=""
            The check of the promise that is broken in this step, if there is one.
        """

    def make(self, *args: Any, **params: Any) -> Any:
        """Construct an estimator of the class under test."""
        return self.make_of(self.cls, *args, **params)

    def make_of(self, cls: type, *args: Any, **params: Any) -> Any:
        """Construct an estimator of `cls`, a subclass of the class under test."""
        with self._guard(f"constructing {cls.__name__}({', '.join(params) or 'model'})"):
            return self.subject.construct(cls, *args, **params)

    def call(self, estimator: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of an estimator."""
        with self._guard(f"{method}({', '.join(['...'] * bool(args) + list(kwargs))})"):
            function: Callable[..., Any] = getattr(estimator, method)
            return function(*args, **kwargs)

    def fit(self, estimator: Any, X: Any, y: Any) -> Any:
        """Fit an estimator and return what `fit` returned."""
        return self.call(estimator, "fit", X, y)

    def initialize(self, estimator: Any, X: Any, y: Any) -> Any:
        """Initialize an estimator and return what `initialize` returned."""
        return self.call(estimator, "initialize", X, y)

    def predict(self, estimator: Any, X: Any) -> Any:
        """Return the predictions of an estimator."""
        return self.call(estimator, "predict", X)

    def params(self, estimator: Any) -> dict[str, Any]:
        """Return the parameters of an estimator, not those of estimators inside it."""
        params: dict[str, Any] = self.call(estimator, "get_params", deep=False)
        return params

    def attribute(self, estimator: Any, name: str) -> Any:
        """Return an attribute that the contract promises."""
        with self._guard(f"reading the attribute {name}"):
            return getattr(estimator, name)

    def model(self, estimator: Any) -> Any:
        """Return ``model_``, which has to be a Keras model."""
        import keras

        model = self.attribute(estimator, "model_")
        if not isinstance(model, keras.Model):
            self.stop("model_", f"is {show(model)}, no keras.Model")
        return model

    def recording_model(self, estimator: Any) -> Any:
        """Return ``model_``, which has to be the recording model that the builder made."""
        model = self.model(estimator)
        if not hasattr(model, "log"):
            self.stop("model_", f"is {show(model)}, not what the builder returned")
        return model


class CheckContext(Steps):
    """One check at work on one wrapper of the subject.

    Its own methods prepare: what the subject raises in them blocks the check. Those of `observe`,
    and whatever stands in a block of `doing` or `refusing`, are what the clause is about.

    Parameters
    ----------
    subject : Subject
        The implementation under test.
    wrapper : Wrapper
        The wrapper that this context is about.
    case : str
        The variant of the check.
    examples : int, optional
        How many random examples a property tries, if not as many as it says itself.
    """

    def __init__(
        self, subject: Subject, wrapper: Wrapper, case: str = "", examples: int | None = None
    ) -> None:
        super().__init__(subject, wrapper)
        self.case = case
        self.examples = examples
        # For each block of a guard, what is done, and whether the clause is about it; the outermost
        # decides. Checks use contexts in threads too, so a block removes its entry, not the last.
        self._blocks: list[tuple[str, bool]] = []

    @property
    def public_class(self) -> Any:
        """The class that users import; an adapter may have another in its place."""
        return self.subject.public_class(self.wrapper)

    @property
    def is_classifier(self) -> bool:
        """Whether the context is about the classifier."""
        return self.wrapper is Wrapper.CLASSIFIER

    def as_given(self, builder: Any) -> Any:
        """Return what the constructor was given in place of a builder, to compare with it.

        That is the builder itself, unless the subject calls builders in a way of its own.
        """
        return self.subject.as_given(builder)

    @property
    def observe(self) -> "Observation":
        """The same methods, where they are what the clause is about."""
        return Observation(self)

    # -- outcomes ---------------------------------------------------------------------------

    def fail(self, message: str, *, follows: str = "") -> NoReturn:
        """End the check: the promise is broken.

        Parameters
        ----------
        message : str
            What is wrong.
        follows : str, default=""
            The check that fails for the same reason, if there is nothing else wrong here.
        """
        failure = Nonconformance(message)
        failure.follows = follows
        raise failure

    def unavailable(self, what: str) -> NoReturn:
        """End the check: it cannot be run here, because something is missing."""
        raise Unavailable(what)

    def not_applicable(self, reason: str) -> NoReturn:
        """End the check: there is nothing to check. Only a `conditional` check may do so."""
        raise NotApplicable(reason)

    def require(self, condition: object, message: str) -> None:
        """End the check as broken unless `condition` holds."""
        if not condition:
            raise Nonconformance(message)

    def stop(self, step: str, problem: str, *, follows: str = "") -> NoReturn:
        """End the check: the subject failed in a step without raising.

        The promise is broken in a block of `doing` or `refusing`, and otherwise the check is
        blocked.
        """
        self._end(step, problem, follows=follows)

    # -- guards -----------------------------------------------------------------------------

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Guard what the clause is about: if the subject raises, the promise is broken.

        Parameters
        ----------
        what : str
            What is done, in words that make a sentence with "raised ...".
        """
        with self._block(what, is_clause=True), self._guard(what):
            yield

    @contextmanager
    def preparing(self, what: str) -> Iterator[None]:
        """Guard what only prepares for the clause: if the subject raises, the check is blocked.

        That is so for everything within the block, whatever guards stand there.

        Parameters
        ----------
        what : str
            What is done, in words that make a sentence with "raised ...".
        """
        with self._block(what, is_clause=False), self._guard(what):
            yield

    @contextmanager
    def refusing(
        self,
        what: str,
        *expected: type[BaseException],
        naming: str | tuple[str, ...] = (),
    ) -> Iterator[None]:
        """Expect the subject to refuse what the block does.

        Parameters
        ----------
        what : str
            What is done, in words that make a sentence with "raised ...".
        *expected : type
            The exceptions that are right.
        naming : str or tuple of str
            Words of which the message has to hold at least one, whatever the case.
        """
        words = (naming,) if isinstance(naming, str) else naming
        names = (error.__name__ for error in expected)
        wanted = "an error" if expected == (Exception,) else " or ".join(names)
        with self._block(what, is_clause=True):
            try:
                yield
            except OUTCOMES:
                raise
            except expected as error:
                text = str(error).lower()
                if words and not any(word.lower() in text for word in words):
                    problem = f"raised {describe(error)}, and the message names none of: "
                    self._end(what, problem + ", ".join(words), error)
            except BaseException as error:
                if is_from_outside(error):
                    raise
                self._end(what, f"raised {describe(error)}; expected {wanted}", error)
            else:
                self._end(what, f"raised nothing; expected {wanted}")

    @contextmanager
    def _guard(self, step: str) -> Iterator[None]:
        try:
            yield
        except OUTCOMES:
            raise
        except BaseException as error:
            if is_from_outside(error):
                raise
            self._end(step, f"raised {describe(error)}", error)

    @contextmanager
    def _block(self, what: str, *, is_clause: bool) -> Iterator[None]:
        block = (what, is_clause)
        self._blocks.append(block)
        try:
            yield
        finally:
            self._blocks.remove(block)

    def _end(
        self, step: str, problem: str, error: BaseException | None = None, *, follows: str = ""
    ) -> NoReturn:
        what, is_clause = self._blocks[0] if self._blocks else (step, False)
        outcome: Nonconformance | Blocked = Blocked(step, problem)
        if is_clause:
            tried = step if what == step else f"{what}: {step}"
            outcome = Nonconformance(f"{tried} {problem}")
        outcome.follows = follows
        raise outcome from error


class Observation(Steps):
    """The methods of a context, where they are what the clause is about.

    Parameters
    ----------
    context : CheckContext
        The context.
    """

    def __init__(self, context: CheckContext) -> None:
        super().__init__(context.subject, context.wrapper)
        self._context = context

    def _guard(self, step: str) -> AbstractContextManager[None]:
        return self._context.doing(step)

    def stop(self, step: str, problem: str, *, follows: str = "") -> NoReturn:
        """End the check as broken: the subject failed in a step without raising."""
        with self._context.doing(step):
            self._context.stop(step, problem, follows=follows)
