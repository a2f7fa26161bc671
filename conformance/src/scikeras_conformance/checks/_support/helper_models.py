"""The helper model of a check: the first of several equivalent ones that its subject can train."""

from typing import TYPE_CHECKING

from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.runner.basic_use import helper_number
from scikeras_conformance.runner.context import CheckContext

if TYPE_CHECKING:
    from scikeras_conformance.doubles import HelperModel

__all__ = ["helper_model"]


def helper_model(context: CheckContext) -> "HelperModel":
    """Return the helper model for a check whose clause is not about a model in particular.

    Parameters
    ----------
    context : CheckContext
        The context. The first time, its subject is tried with the helper models in turn.

    Returns
    -------
    HelperModel
        It predicts the default data of the wrapper: ``X, y, *_ = helper.data``.
    """
    number = helper_number(context.subject, context.wrapper)
    helper: HelperModel = doubles.HELPERS[context.wrapper][number]
    return helper
