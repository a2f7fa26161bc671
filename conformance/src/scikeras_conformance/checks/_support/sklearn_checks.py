"""Run single estimator checks of scikit-learn, with the reason where one did not run."""

import os
import re
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from importlib.util import find_spec
from typing import Any, NoReturn
from unittest import SkipTest

from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import counted_to
from scikeras_conformance.checks._support.sklearn_names import (
    CLASSIFIER_CHECKS,
    COMMON_CHECKS,
    METHODS,
    MULTILABEL_CHECKS,
    NEEDED_TAGS,
    NEEDS,
    NEWEST,
    REGRESSOR_CHECKS,
    SINCE,
    TAGS,
    UNTIL,
    WEIGHT_CHECKS,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

__all__ = [
    "case_names",
    "estimator_for",
    "expected_names",
    "fit_plainly",
    "installed_version",
    "require_known",
    "require_prerequisites",
    "run_pinned",
    "why_left_out",
    "yielded_checks",
]

NO_WEIGHTS = "fit takes no sample_weight"

RARE = (
    "check_estimators_nan_inf",
    "check_nonsquare_error",
    "check_fit_non_negative",
    "check_classifier_not_supporting_multiclass",
)
"""Checks that scikit-learn does not even yield for a decision tree."""


def case_names(checks: Iterable[Any]) -> list[str]:
    """Return a unique name for each check of a generator, in order."""
    names: list[str] = []
    for check in checks:
        name = "-".join([check.func.__name__, *(f"{k}={v}" for k, v in check.keywords.items())])
        while name in names:
            name += "-again"
        names.append(name)
    return names


def installed_version() -> tuple[int, int]:
    """Return the first two numbers of scikit-learn's version."""
    import sklearn

    major, minor = re.findall(r"\d+", sklearn.__version__)[:2]
    return int(major), int(minor)


def expected_names(kind: str, version: tuple[int, int]) -> list[str]:
    """Return the checks that a version of scikit-learn has for a classifier or a regressor."""
    own = {"classifier": (*CLASSIFIER_CHECKS, *MULTILABEL_CHECKS), "regressor": REGRESSOR_CHECKS}
    return [name for name in (*COMMON_CHECKS, *own[kind]) if _exists(name, version)]


def _exists(name: str, version: tuple[int, int]) -> bool:
    return SINCE.get(name, version) <= version <= UNTIL.get(name, version)


def estimator_for(context: CheckContext, kind: str, name: str) -> Any:
    """Make the unfitted estimator for a check.

    Parameters
    ----------
    context : CheckContext
        The context.
    kind : str
        ``"classifier"``, ``"multilabel"`` or ``"regressor"``.
    name : str
        The check.
    """
    make = context.subject.estimator_factories.get(context.wrapper)
    if make is None:
        return context.make(doubles.FLOAT64_BUILDERS[kind], **doubles.float64_settings(name))
    what = f"the estimator factory, called with ({kind!r}, {name!r}),"
    with context.preparing(what):
        estimator = make(kind, name)
    if not isinstance(estimator, context.cls):
        context.stop(what, f"returned a {type(estimator).__name__}, not a {context.cls.__name__}")
    return estimator


def yielded_checks(context: CheckContext, estimator: Any) -> dict[str, Callable[[], Any]]:
    """Return the checks that scikit-learn yields for an estimator, by name, as callables."""
    from sklearn.utils.estimator_checks import estimator_checks_generator

    with context.doing("estimator_checks_generator"):
        pairs = list(estimator_checks_generator(estimator, legacy=True, mark=None))
    names = case_names(check for _, check in pairs)
    bound = (partial(check, instance) for instance, check in pairs)
    return dict(zip(names, bound, strict=True))


def has_tag(context: CheckContext, estimator: Any, tag: str) -> bool:
    """Whether an estimator has a tag, such as ``"not input_tags.allow_nan"``."""
    from sklearn.utils import get_tags

    path = tag.removeprefix("not ")
    with context.doing(f"reading the tag {path}"):
        found = get_tags(estimator)
        for part in path.split("."):
            found = getattr(found, part, None)
        value = bool(found)
    return value is not tag.startswith("not ")


def require_recognized(context: CheckContext, estimator: Any, kind: str) -> None:
    """Require that scikit-learn recognizes the type of an estimator."""
    from sklearn.base import is_classifier, is_regressor

    takes = is_regressor if kind == "regressor" else is_classifier
    what = "regressor" if kind == "regressor" else "classifier"
    with context.doing(f"sklearn.base.is_{what}"):
        recognized = bool(takes(estimator))
    if not recognized:
        context.fail(
            f"did not run: scikit-learn does not recognize the subject as a {what}, so its checks "
            f"of {what}s are left out",
            follows="CLS-5.estimator-type",
        )


def require_prerequisites(context: CheckContext, name: str) -> None:
    """Report the check as unavailable if something that it needs is missing here."""
    need = NEEDS.get(name, "")
    if need == "pandas" and find_spec("pandas") is None:
        context.unavailable(f"{name} needs pandas. Install it: python -m pip install pandas")
    if need == "SCIPY_ARRAY_API" and os.environ.get(need) != "1":
        context.unavailable(
            f"{name} needs SCIPY_ARRAY_API=1 in the environment before SciPy is imported. The "
            "command line sets it; under pytest, set it yourself."
        )
    if need == "64 bits" and not doubles.computes_in_float64():
        context.unavailable(
            f"{name} needs a backend that computes in float64. For JAX, set JAX_ENABLE_X64=1."
        )


SAME_DEFECT = {
    "check_estimator_tags_renamed": "CLS-5.estimator-type",
    "check_mixin_order": "CLS-5.estimator-type",
    "check_estimator_sparse_array": "SKL-2.sparse",
    "check_estimator_sparse_matrix": "SKL-2.sparse",
    "check_estimator_sparse_tag": "SKL-2.sparse",
    "check_n_features_in_after_fitting": "SKL-3.names",
    "check_dataframe_column_names_consistency": "SKL-3.scikit-learn",
}
"""The check of the suite's own that fails for the same reason as one of scikit-learn.

Tags come from mixins in the right order; the names and the number of columns from
``validate_data``.
"""


def run_pinned(context: CheckContext, kind: str) -> None:
    """Run the check of scikit-learn that the case names, or report why there is none."""
    name = context.case
    estimator = estimator_for(context, kind, name)
    yielded = yielded_checks(context, estimator)
    if name not in yielded:
        _explain_absence(context, kind, name, estimator)
    if not _exists(name, installed_version()):
        context.unavailable(
            f"scikit-learn yields {name}, which is not in the suite's list for this version"
        )
    require_prerequisites(context, name)
    skipped = ""
    function = name.partition("-")[0]
    with (
        counted_to(SAME_DEFECT.get(function, "")),
        provided(lambda: fit_plainly(context, kind, name)),
        context.doing(f"scikit-learn's {function}"),
        warnings.catch_warnings(),
    ):
        # The data of some checks cause warnings; only their assertions count.
        warnings.simplefilter("ignore")
        try:
            yielded[name]()
        except SkipTest as reason:
            skipped = str(reason) or "without a reason"
    if skipped and name in METHODS and not hasattr(estimator, METHODS[name]):
        context.not_applicable(f"scikit-learn skips it for an estimator without {METHODS[name]}")
    context.require(not skipped, f"scikit-learn skipped it: {skipped}")


def fit_plainly(context: CheckContext, kind: str, name: str) -> None:
    """Block the check if the estimator cannot even be fitted to plain data.

    Parameters
    ----------
    context : CheckContext
        The context.
    kind, name : str
        As for `estimator_for`.
    """
    own = context.subject.estimator_factories.get(context.wrapper) is None
    if own and Capability.BUILDER_ARGUMENTS in context.subject.not_offered:
        context.stop(
            "a model of the suite for scikit-learn's checks",
            "takes its shape from meta, which is not offered: give estimators for these checks, "
            "with --estimators or as sklearn_estimator of an adapter",
        )
    X = np.random.default_rng(5).normal(size=(20, 3))
    y = X[:, :2] if kind == "multilabel" else X[:, 0]
    target = y if kind == "regressor" else (y > 0).astype(int)
    context.fit(estimator_for(context, kind, name), X, target)


def require_known(context: CheckContext, kind: str, names: Iterable[str]) -> None:
    """Report that the suite is too old if the installed scikit-learn lacks checks."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
    from sklearn.utils.estimator_checks import estimator_checks_generator

    version = installed_version()
    if version <= NEWEST:
        return
    # An estimator of scikit-learn that has all the tags in question.
    tree = DecisionTreeRegressor() if kind == "regressor" else DecisionTreeClassifier()
    theirs = case_names(check for _, check in estimator_checks_generator(tree, legacy=True))
    gone = [name for name in names if name not in theirs and name not in RARE]
    if gone:
        context.unavailable(
            f"scikit-learn {version[0]}.{version[1]} has no {', '.join(gone)} any more. This "
            f"version of the suite knows scikit-learn up to {NEWEST[0]}.{NEWEST[1]}; a newer one "
            "is needed."
        )


def _explain_absence(context: CheckContext, kind: str, name: str, estimator: Any) -> None:
    """Report why a check was not yielded; never returns."""
    version = installed_version()
    if not _exists(name, version):
        context.not_applicable(f"scikit-learn {version[0]}.{version[1]} has no such check")
    tag = TAGS.get(name, "")
    # Checks that depend on an input tag alone, and those of weights, do not depend on the type of
    # the estimator.
    of_weights = name in WEIGHT_CHECKS
    of_input = tag.removeprefix("not ").startswith("input_tags.")
    if not of_input and not of_weights:
        require_recognized(context, estimator, kind)
    if tag and not has_tag(context, estimator, tag):
        context.not_applicable(f"scikit-learn has it for estimators with the tag {tag} only")
    if not of_weights:
        require_recognized(context, estimator, kind)
    require_known(context, kind, [name])
    _fail_as_left_out(context, why_left_out(context, estimator, name) or "see its tags")


def _fail_as_left_out(context: CheckContext, reason: str) -> NoReturn:
    follows = "API-6.sample-weight" if reason == NO_WEIGHTS else ""
    context.fail(
        f"did not run: scikit-learn does not have it for this estimator: {reason}", follows=follows
    )


def why_left_out(context: CheckContext, estimator: Any, name: str) -> str:
    """Return what an estimator lacks, without which scikit-learn leaves out a check; or nothing."""
    from sklearn.utils.validation import has_fit_parameter

    if name in WEIGHT_CHECKS:
        with context.preparing("looking for sample_weight among the parameters of fit"):
            if not has_fit_parameter(estimator, "sample_weight"):
                return NO_WEIGHTS
    if name == "check_class_weight_classifiers" and "class_weight" not in context.params(estimator):
        return "get_params lists no class_weight"
    for tag in (*NEEDED_TAGS.get(name, ()), "input_tags.two_d_array", "not _skip_test"):
        if not has_tag(context, estimator, tag):
            plain = tag.removeprefix("not ")
            return f"the tag {plain} is {'set' if plain != tag else 'not set'}"
    return ""
