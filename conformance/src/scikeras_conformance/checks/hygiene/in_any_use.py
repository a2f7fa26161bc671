"""HYG-1 and HYG-2: what methods leave behind, whatever an estimator is used for."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.any_use import USES, require_no_trace
from scikeras_conformance.runner.context import CheckContext


@check(
    "HYG-1.in-any-use",
    verifies="X, y and sample_weight are as before after every method, whatever the data, the "
    "batches, the loss and the parameters are",
    impact="the user's data are changed, and the next model is trained on other data",
    wrappers=ESTIMATORS,
    cases=USES,
    shares=Shares.USES,
)
def arrays_in_any_use(context: CheckContext) -> None:
    require_no_trace(context, "arrays")


@check(
    "HYG-2.settings-in-any-use",
    verifies="Keras's settings are the same after every method as before, whatever the data, the "
    "batches, the loss and the parameters are",
    impact="one fit changes the precision, the image format or the messages of all later models "
    "of the process",
    wrappers=ESTIMATORS,
    cases=USES,
    shares=Shares.USES,
)
def settings_in_any_use(context: CheckContext) -> None:
    require_no_trace(context, "settings")
