"""CLS-6: subclasses with their own builder and parameters."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles, sklearn_base
from scikeras_conformance.checks._support.preparation import accepted, require_it_works
from scikeras_conformance.checks._support.recording_builder import require_special_argument
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "CLS-6.subclass",
    verifies="a subclass with its own parameters and a method _keras_build_fn can be fitted "
    "and cloned",
    impact="an estimator class with a fixed architecture cannot be written, or breaks in a search",
    cases=[
        "own-parameters",
        "own-and-inherited-parameters",
        "special-arguments",
        "required-parameter",
    ],
    case_needs={"special-arguments": Capability.BUILDER_ARGUMENTS},
)
def subclass(context: CheckContext) -> None:
    built: list[int] = []

    class Fixed(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3) -> None:
            super().__init__()
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            built.append(self.hidden)
            return stub_model(context)

    class WithKeywords(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            built.append(self.hidden)
            return stub_model(context)

    class WithSpecialArguments(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.hidden = hidden

        def _keras_build_fn(self, meta: Any, compile_kwargs: Any, params: Any) -> Any:
            del compile_kwargs
            built.append(params["hidden"] if "n_features_in_" in meta else 0)
            return stub_model(context)

    class WithRequiredParameter(Fixed):
        def __init__(self, hidden: int) -> None:
            super().__init__(hidden)

    require_it_works(context)
    if context.case == "special-arguments":
        for name in ("meta", "compile_kwargs", "params"):
            require_special_argument(context, name)
    inherited = (
        accepted(context, epochs=2) if context.case == "own-and-inherited-parameters" else {}
    )
    cls = {
        "own-parameters": Fixed,
        "own-and-inherited-parameters": WithKeywords,
        "special-arguments": WithSpecialArguments,
        "required-parameter": WithRequiredParameter,
    }[context.case]
    # Not as an adapter would construct it: the signature is that of the subclass.
    with context.doing("constructing an instance of a subclass with parameters of its own"):
        estimator = cls(hidden=7, **inherited)
    with context.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    context.require(type(copy) is type(estimator), "the class of the clone differs")
    before, after = context.params(estimator), context.params(copy)
    context.require(after.get("hidden") == 7, "the clone lost the parameter 'hidden'")
    context.require(
        before.get("epochs") == after.get("epochs"), "the clone lost inherited parameters"
    )
    X, y, *_ = doubles.dataset(context.wrapper)
    context.observe.fit(copy, X, y)
    context.require(
        built == [7], f"_keras_build_fn should be called once, with 7; it was called with {built}"
    )


@check(
    "CLS-6.passed-on",
    verifies="parameters that a subclass passes to the parent's constructor reach the builder "
    "and can be set",
    impact="a search sets the parameters of an estimator class, and the builder keeps the old "
    "values",
    cases=["only-passed", "also-stored"],
)
def passed_on(context: CheckContext) -> None:
    built: list[Any] = []
    stores = context.case == "also-stored"

    class PassingOn(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3, width: int = 4, **kwargs: Any) -> None:
            if stores:
                self.hidden, self.width = hidden, width
            super().__init__(hidden=hidden, width=width, **kwargs)

        def _keras_build_fn(self, hidden: int, width: int) -> Any:
            built.append((hidden, width))
            return stub_model(context)

    require_it_works(context)
    with context.doing("constructing an instance of a subclass that passes its parameters on"):
        estimator = PassingOn(hidden=7)
    context.observe.call(estimator, "set_params", width=9)
    with context.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    for one in (estimator, copy):
        params = context.params(one)
        found = params.get("hidden"), params.get("width")
        context.require(found == (7, 9), f"hidden and width should be 7 and 9; they are {found}")
        context.observe.fit(one, *doubles.dataset(context.wrapper)[:2])
    context.require(
        built == [(7, 9)] * 2, f"the builder should receive (7, 9) twice; it received {built}"
    )
