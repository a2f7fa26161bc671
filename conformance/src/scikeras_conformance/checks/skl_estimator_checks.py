"""Chapter SKL, first part: the checks that scikit-learn has for estimators, each for itself."""

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._sklearn_checks import (
    estimator_for,
    expected_names,
    has_tag,
    installed_version,
    require_known,
    require_recognised,
    run_pinned,
    yielded_checks,
)
from scikeras_conformance.checks._sklearn_names import (
    CLASSIFIER_CHECKS,
    COMMON_CHECKS,
    MULTILABEL_CHECKS,
    NEWEST,
    REGRESSOR_CHECKS,
    TAGS,
)
from scikeras_conformance.trial import Trial

COSTS = "a tool of scikit-learn relies on what is checked here, and fails or goes wrong"


@check(
    "SKL-1.classifier",
    shows="a check that scikit-learn has for classifiers passes",
    costs=COSTS,
    wrappers=[Wrapper.CLASSIFIER],
    cases=[*COMMON_CHECKS, *CLASSIFIER_CHECKS],
    conditional=True,
)
def classifier_check(trial: Trial) -> None:
    run_pinned(trial, "classifier")


@check(
    "SKL-1.multilabel",
    shows="a check that scikit-learn has for classifiers of several labels passes",
    costs=COSTS,
    wrappers=[Wrapper.CLASSIFIER],
    cases=MULTILABEL_CHECKS,
    conditional=True,
)
def multilabel_check(trial: Trial) -> None:
    run_pinned(trial, "multilabel")


@check(
    "SKL-1.regressor",
    shows="a check that scikit-learn has for regressors passes",
    costs=COSTS,
    wrappers=[Wrapper.REGRESSOR],
    cases=[*COMMON_CHECKS, *REGRESSOR_CHECKS],
    conditional=True,
)
def regressor_check(trial: Trial) -> None:
    run_pinned(trial, "regressor")


@check(
    "SKL-1.census",
    shows="scikit-learn has as many checks for the wrapper as for others of its kind and tags",
    costs="a wrapper that is not recognised for what it is passes by being checked less",
    wrappers=ESTIMATORS,
)
def census(trial: Trial) -> None:
    kind = "classifier" if trial.is_classifier else "regressor"
    estimator = estimator_for(trial, kind, "check_estimator_cloneable")
    yielded = list(yielded_checks(trial, estimator))
    version = installed_version()
    known = expected_names(kind, version)
    require_recognised(trial, estimator, kind)
    require_known(trial, kind, known)
    missing = [
        name
        for name in known
        if name not in yielded and (name not in TAGS or has_tag(trial, estimator, TAGS[name]))
    ]
    trial.require(
        not missing,
        f"scikit-learn has {len(yielded)} checks for the subject, {len(missing)} fewer than it "
        f"should: {', '.join(missing)}",
    )
    unknown = [name for name in yielded if name not in known]
    if unknown:
        trial.unavailable(
            f"scikit-learn {version[0]}.{version[1]} has checks for the subject that the suite "
            f"does not know: {', '.join(unknown)}. It knows those of {NEWEST[0]}.{NEWEST[1]} for "
            "estimators that do no more than the contract says; a newer suite is needed."
        )
