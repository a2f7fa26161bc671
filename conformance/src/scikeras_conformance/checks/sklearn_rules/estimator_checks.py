"""SKL-1: scikit-learn's own estimator checks, one case each."""

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.sklearn_checks import (
    estimator_for,
    expected_names,
    has_tag,
    installed_version,
    require_known,
    require_recognized,
    run_pinned,
    why_left_out,
    yielded_checks,
)
from scikeras_conformance.checks._support.sklearn_names import (
    CLASSIFIER_CHECKS,
    COMMON_CHECKS,
    MULTILABEL_CHECKS,
    NEWEST,
    REGRESSOR_CHECKS,
    TAGS,
)
from scikeras_conformance.runner.context import CheckContext

IMPACT = "a tool of scikit-learn that relies on this fails or gives wrong results"


@check(
    "SKL-1.classifier",
    verifies="a check that scikit-learn has for classifiers passes",
    impact=IMPACT,
    wrappers=[Wrapper.CLASSIFIER],
    cases=[*COMMON_CHECKS, *CLASSIFIER_CHECKS],
    conditional=True,
)
def classifier_check(context: CheckContext) -> None:
    run_pinned(context, "classifier")


@check(
    "SKL-1.multilabel",
    verifies="a check that scikit-learn has for multilabel classifiers passes",
    impact=IMPACT,
    wrappers=[Wrapper.CLASSIFIER],
    cases=MULTILABEL_CHECKS,
    conditional=True,
)
def multilabel_check(context: CheckContext) -> None:
    run_pinned(context, "multilabel")


@check(
    "SKL-1.regressor",
    verifies="a check that scikit-learn has for regressors passes",
    impact=IMPACT,
    wrappers=[Wrapper.REGRESSOR],
    cases=[*COMMON_CHECKS, *REGRESSOR_CHECKS],
    conditional=True,
)
def regressor_check(context: CheckContext) -> None:
    run_pinned(context, "regressor")


@check(
    "SKL-1.counts",
    verifies="scikit-learn runs as many checks for the wrapper as for other estimators of its "
    "type and tags",
    impact="a wrapper that is not recognized as a classifier or regressor passes because it is "
    "checked less",
    wrappers=ESTIMATORS,
)
def counts(context: CheckContext) -> None:
    kind = "classifier" if context.is_classifier else "regressor"
    estimator = estimator_for(context, kind, "check_estimator_cloneable")
    yielded = list(yielded_checks(context, estimator))
    version = installed_version()
    known = expected_names(kind, version)
    require_recognized(context, estimator, kind)
    require_known(context, kind, known)
    missing = [
        name
        for name in known
        if name not in yielded and (name not in TAGS or has_tag(context, estimator, TAGS[name]))
    ]
    reasons = dict.fromkeys(why_left_out(context, estimator, name) for name in missing)
    because = " and ".join(reason for reason in reasons if reason)
    context.require(
        not missing,
        f"scikit-learn has {len(yielded)} checks for the subject, {len(missing)} fewer than it "
        f"should{f', because {because}' if because else ''}: {', '.join(missing)}",
    )
    unknown = [name for name in yielded if name not in known]
    if unknown:
        context.unavailable(
            f"scikit-learn {version[0]}.{version[1]} has checks for the subject that the suite "
            f"does not know: {', '.join(unknown)}. It knows those of {NEWEST[0]}.{NEWEST[1]} for "
            "estimators that do no more than the contract says; a newer suite is needed."
        )
