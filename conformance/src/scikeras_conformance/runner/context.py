"""The context of a check: the subject, guarded calls, expectations.

Everything that a check does with the subject goes through a guard. An exception inside a guard is
the subject's failure; an exception anywhere else in a check is the suite's own error.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from scikeras_conformance.catalog.printable import describe, show
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import Nonconformance, NotApplicable, Unavailable
from scikeras_conformance.subject.loading import Subject

__all__ = ["CheckContext", "describe", "show"]

OUTCOMES = (Nonconformance, NotApplicable, Unavailable)


class CheckContext:
    """One check at work on one wrapper of the subject.

    Parameters
    ----------
    subject : Subject
        The implementation under test.
    wrapper : Wrapper
        The wrapper that this context is about.
    case : str
        The variant of the check.
    """

    def __init__(self, subject: Subject, wrapper: Wrapper, case: str = "") -> None:
        self.subject = subject
        self.wrapper = wrapper
        self.case = case

    @property
    def cls(self) -> Any:
        """The class under test."""
        return self.subject.classes[self.wrapper]

    @property
    def public_class(self) -> Any:
        """The class that users import; an adapter may have another in its place."""
        return self.subject.public_class(self.wrapper)

    @property
    def is_classifier(self) -> bool:
        """Whether the context is about the classifier."""
        return self.wrapper is Wrapper.CLASSIFIER

    # -- outcomes ---------------------------------------------------------------------------

    def fail(self, message: str) -> NoReturn:
        """End the check: the promise is broken."""
        raise Nonconformance(message)

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

    # -- guards -----------------------------------------------------------------------------

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Guard a block in which only the subject can fail.

        Parameters
        ----------
        what : str
            What is done, in words that make a sentence with "raised ...".
        """
        try:
            yield
        except OUTCOMES:
            raise
        except (Exception, SystemExit) as error:
            raise Nonconformance(f"{what} raised {describe(error)}") from error

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
        wanted = " or ".join(error.__name__ for error in expected)
        try:
            yield
        except OUTCOMES:
            raise
        except expected as error:
            text = str(error).lower()
            if words and not any(word.lower() in text for word in words):
                raise Nonconformance(
                    f"{what} raised {describe(error)}, and the message names none of: "
                    f"{', '.join(words)}"
                ) from error
        except (Exception, SystemExit) as error:
            raise Nonconformance(f"{what} raised {describe(error)}; expected {wanted}") from error
        else:
            raise Nonconformance(f"{what} raised nothing; expected {wanted}")

    # -- the subject's methods, guarded --------------------------------------------------------

    def make(self, *args: Any, **params: Any) -> Any:
        """Construct an estimator of the class under test."""
        return self.make_of(self.cls, *args, **params)

    def make_of(self, cls: type, *args: Any, **params: Any) -> Any:
        """Construct an estimator of `cls`, a subclass of the class under test."""
        with self.doing(f"constructing {cls.__name__}({', '.join(params) or 'model'})"):
            return self.subject.construct(cls, *args, **params)

    def call(self, estimator: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of an estimator."""
        with self.doing(f"{method}({', '.join(['...'] * bool(args) + list(kwargs))})"):
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
        with self.doing(f"reading the attribute {name}"):
            return getattr(estimator, name)

    def model(self, estimator: Any) -> Any:
        """Return ``model_``, which has to be a Keras model."""
        import keras

        model = self.attribute(estimator, "model_")
        self.require(isinstance(model, keras.Model), f"model_ is {show(model)}, no keras.Model")
        return model

    def recording_model(self, estimator: Any) -> Any:
        """Return ``model_``, which has to be the recording model that the builder made."""
        model = self.model(estimator)
        self.require(
            hasattr(model, "log"), f"model_ is {show(model)}, not what the builder returned"
        )
        return model
