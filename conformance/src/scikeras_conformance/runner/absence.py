"""Proves that a subject does not offer what it is declared not to offer.

Declaring absent what is there would hide failures, so each capability has a small detector, which
returns what it found. An exception of the subject means that the capability is not there.
"""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from scikeras_conformance.catalog.wrappers import CLASS_NAMES, Wrapper
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import DeclarationError
from scikeras_conformance.runner.lazy_module import LazyModule
from scikeras_conformance.runner.seeding import seed_everything
from scikeras_conformance.subject.builder_protocol import BuilderProtocol
from scikeras_conformance.subject.loading import Subject

__all__ = ["find_wrapper", "look_for", "require_absent"]

doubles = LazyModule("scikeras_conformance.doubles")

Detector = Callable[[Subject], str]
"""Returns what was found of a capability, in words; empty if nothing was."""


def require_absent(subject: Subject) -> None:
    """Refuse a subject that offers what it is declared not to offer.

    Parameters
    ----------
    subject : Subject
        The implementation under test.

    Raises
    ------
    DeclarationError
        With what was found.
    """
    for capability in sorted(subject.not_offered):
        found = look_for(capability, subject)
        if found:
            raise DeclarationError(
                f"The subject {subject.spec!r} is declared not to offer {capability.words}, but "
                f"{found}. Take {str(capability)!r} out of what is not offered."
            )


def look_for(capability: Capability, subject: Subject) -> str:
    """Return what a subject was found to offer of a capability, in words; empty if nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return DETECTORS[capability](subject)


# -- wrappers ---------------------------------------------------------------------------------


def find_wrapper(wrapper: Wrapper, subject: Subject) -> tuple[str, str] | None:
    """Return the module and the name of a wrapper next to those that are offered, if there is one.

    Parameters
    ----------
    wrapper : Wrapper
        One that the subject is not said to have.
    subject : Subject
        The implementation under test.
    """
    known = CLASS_NAMES[wrapper]
    ending = None if wrapper is Wrapper.BASE else known.removeprefix("Keras")
    for module in {subject.public_class(other).__module__ for other in subject.classes}:
        for name, found in list(vars(sys.modules[module]).items()):
            own = isinstance(found, type) and found.__module__ == module
            named = ending is not None and own and name.endswith(ending) and name[0] != "_"
            if (named or (name == known and isinstance(found, type))) and (
                found not in subject.classes.values()
            ):
                return module, name
    return None


def _wrapper(wrapper: Wrapper) -> Detector:
    def detect(subject: Subject) -> str:
        """Look for a wrapper in the modules of those that are offered."""
        found = find_wrapper(wrapper, subject)
        return f"there is {'.'.join(found)}" if found else ""

    return detect


# -- what a class shows ---------------------------------------------------------------------------


def _attribute(*names: str) -> Detector:
    def detect(subject: Subject) -> str:
        """Look for attributes of the classes."""
        for cls in subject.classes.values():
            for name in names:
                if hasattr(cls, name):
                    return f"{cls.__name__} has the attribute {name}"
        return ""

    return detect


def _random_state(subject: Subject) -> str:
    for cls in subject.classes.values():
        try:
            names = inspect.signature(cls).parameters
        except (TypeError, ValueError):
            continue
        if "random_state" in names:
            return f"the constructor of {cls.__name__} has the parameter random_state"
    return ""


# -- what a fit shows -----------------------------------------------------------------------------


def _fits(subject: Subject, builder: Callable[[Wrapper], Any], **params: Any) -> Iterator[type]:
    """Yield each class that can be constructed and fitted with a builder and parameters."""
    for wrapper, cls in subject.classes.items():
        X, y, *_ = doubles.dataset(wrapper)
        seed_everything()
        # What cannot be fitted like this does not offer it.
        with suppress(Exception, SystemExit):
            subject.construct(cls, builder(wrapper), **params).fit(X, y)
            yield cls


def _builders(subject: Subject) -> str:
    called: list[None] = []

    def builder(wrapper: Wrapper) -> Any:
        def build() -> Any:
            called.append(None)
            return doubles.model_for(wrapper)

        return build

    if subject.builder_protocol is BuilderProtocol.NONE:
        return ""  # it is the suite that calls builders
    for cls in _fits(subject, builder):
        if called:
            return f"{cls.__name__}(builder).fit(X, y) calls the builder"
    return ""


def _compilation_parameters(subject: Subject) -> str:
    def builder(wrapper: Wrapper) -> Any:
        return lambda: doubles.uncompiled(wrapper)

    for cls in _fits(subject, builder, loss="mean_squared_error", optimizer="sgd"):
        return f"{cls.__name__}(builder, loss=..., optimizer=...) compiles an uncompiled model"
    return ""


def _builder_arguments(subject: Subject) -> str:
    received: dict[str, Any] = {}

    def builder(wrapper: Wrapper) -> Any:
        def build(meta: Any = None, compile_kwargs: Any = None, params: Any = None) -> Any:
            # Some have an argument of this name for settings of their own, such as the metrics.
            is_own = not isinstance(compile_kwargs, Mapping) or "optimizer" not in compile_kwargs
            compile_kwargs = None if is_own else compile_kwargs
            received.update(meta=meta, compile_kwargs=compile_kwargs, params=params)
            return doubles.model_for(wrapper)

        return build

    for cls in _fits(subject, builder):
        names = [name for name, value in received.items() if value is not None]
        if names:
            return f"{cls.__name__} passes {' and '.join(names)} to the builder"
    return ""


def _routed_parameters(subject: Subject) -> str:
    received: list[Any] = []

    def builder(wrapper: Wrapper) -> Any:
        def build(width: Any = None) -> Any:
            received.append(width)
            return doubles.model_for(wrapper)

        return build

    for cls in _fits(subject, builder, model__width=3):
        if 3 in received:
            return f"{cls.__name__}(builder, model__width=3) passes width=3 to the builder"
    return ""


def _callback_classes(subject: Subject) -> str:
    import keras

    made: list[Any] = []

    class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            made.append(self)

    def builder(wrapper: Wrapper) -> Any:
        return doubles.builder(wrapper)

    for cls in _fits(subject, builder, callbacks=[Recorder]):
        if made:
            return f"{cls.__name__}(builder, callbacks=[Class]) makes a callback of the class"
    return ""


DETECTORS: Mapping[Capability, Detector] = MappingProxyType(
    {
        Capability.BASE: _wrapper(Wrapper.BASE),
        Capability.CLASSIFIER: _wrapper(Wrapper.CLASSIFIER),
        Capability.REGRESSOR: _wrapper(Wrapper.REGRESSOR),
        Capability.BUILDERS: _builders,
        Capability.INITIALIZE: _attribute("initialize"),
        Capability.PARTIAL_FIT: _attribute("partial_fit"),
        Capability.COMPILATION_PARAMETERS: _compilation_parameters,
        Capability.BUILDER_ARGUMENTS: _builder_arguments,
        Capability.ROUTED_PARAMETERS: _routed_parameters,
        Capability.ENCODERS: _attribute("feature_encoder", "target_encoder"),
        Capability.RANDOM_STATE: _random_state,
        Capability.CALLBACK_CLASSES: _callback_classes,
    }
)
"""The detector of each capability."""
