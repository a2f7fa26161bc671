"""SKL-4: metadata requests of clones, copies and pickles."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import importable_builder
from scikeras_conformance.checks._support.modules import doubles, sklearn_base
from scikeras_conformance.checks._support.serialization import COPY_METHODS
from scikeras_conformance.runner.context import CheckContext

WAYS = ("clone", "clone-twice", "pickle", "deepcopy")


@check(
    "SKL-4.requests-of-copies",
    verifies="clones, copies and pickles request the metadata that the original does, before and "
    "after fit",
    impact="a search in worker processes silently trains without the weights",
    wrappers=ESTIMATORS,
    cases=[f"{way}{state}" for way in WAYS for state in ("", "-after-fit")],
)
def requests_of_copies(context: CheckContext) -> None:
    import sklearn

    way = context.case.removesuffix("-after-fit")
    X, y, *_ = doubles.dataset(context.wrapper)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = context.make(
            importable_builder(context, doubles.COMPILED), optimizer_name="adam"
        )
        for method, wanted in (("fit", True), ("score", False)):
            context.call(estimator, f"set_{method}_request", sample_weight=wanted)
        if context.case.endswith("-after-fit"):
            context.fit(estimator, X, y)
        with context.doing(way):
            copy: Any = (
                sklearn_base.clone(estimator)
                if way.startswith("clone")
                else COPY_METHODS[way](estimator)
            )
            if way == "clone-twice":
                copy = sklearn_base.clone(copy)
        expected, found = (repr(one.get_metadata_routing()) for one in (estimator, copy))
    context.require(found == expected, f"the copy requests {found}, the original {expected}")
