"""The command line that runs the check of a failure again."""

import shlex
from collections.abc import Iterable

from scikeras_conformance.catalog.results import Result
from scikeras_conformance.subject.builder_protocol import BuilderProtocol

__all__ = ["command_for"]


def command_for(
    result: Result,
    subject: str,
    estimators: Iterable[str] = (),
    not_offered: Iterable[str] = (),
    builder_protocol: str = BuilderProtocol.KEYWORDS,
) -> str:
    """Return the command that reproduces a failure.

    Parameters
    ----------
    result : Result
        The failure.
    subject : str
        The implementation under test, as the run was told.
    estimators : iterable of str, default=()
        Its estimator factories, as the run was told.
    not_offered : iterable of str, default=()
        Capabilities that it does not offer.
    builder_protocol : str, default="keywords"
        How it calls builders.

    Examples
    --------
    >>> from scikeras_conformance.catalog.results import Outcome, Result
    >>> from scikeras_conformance.report.reproduction.command import command_for
    >>> failed = Result("CLS-3.x:base", "CLS-3.x", "base", "", ("CLS-3",), "MUST", Outcome.FAILED)
    >>> command_for(failed, "your_package.wrappers")
    'scikeras-conformance run your_package.wrappers --check CLS-3.x --wrapper base'
    """
    words = ["scikeras-conformance", "run", subject, "--check", result.check]
    words += ["--wrapper", result.wrapper]
    for place in estimators:
        words += ["--estimators", place]
    for capability in not_offered:
        words += ["--not-offered", capability]
    if builder_protocol not in {BuilderProtocol.KEYWORDS, BuilderProtocol.ADAPTER}:
        words += ["--builder-protocol", builder_protocol]
    return shlex.join(words)
