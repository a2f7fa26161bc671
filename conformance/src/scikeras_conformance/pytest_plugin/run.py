"""What one process knows of a run: its options, its plan, its baseline, its subject."""

import gc
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.baseline import Baseline, load_for
from scikeras_conformance.catalog.plan import Plan, make_plan
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.exceptions import SubjectImportError
from scikeras_conformance.pytest_plugin.outcomes import ItemPolicy
from scikeras_conformance.runner import post_mortem
from scikeras_conformance.runner.absence import require_absent
from scikeras_conformance.runner.device import require_device
from scikeras_conformance.runner.environment import describe_environment
from scikeras_conformance.runner.requirements import require_usable
from scikeras_conformance.runner.time_limit import TimeUp, time_limit
from scikeras_conformance.subject.loading import Subject, load_subject
from scikeras_conformance.subject.search import require_modules
from scikeras_conformance.subject.sources import sources_of

if TYPE_CHECKING:
    from scikeras_conformance.config.run_options import RunOptions

__all__ = ["Run", "run_of"]

OBJECTS_BEFORE_COLLECTION = 10_000

KEY = pytest.StashKey["Run"]()


class Run:
    """A run, as one process knows it.

    Parameters
    ----------
    options : RunOptions
        The options of the run.
    plan : Plan, optional
        The plan, if it has been made already.
    owns_process : bool, default=False
        Whether the process is the run's own, which may be ended.

    Raises
    ------
    UsageError
        If the selection has a name that matches nothing.
    BaselineError
        If the baseline is not valid, or about something else.
    """

    def __init__(
        self, options: "RunOptions", plan: Plan | None = None, *, owns_process: bool = False
    ) -> None:
        self.options = options
        self.owns_process = owns_process
        self.plan = make_plan(CATALOG, options.selection) if plan is None else plan
        self.baseline: Baseline | None = None
        if options.baseline is not None:
            self.baseline = load_for(options.baseline, options.subject, self.plan.everything)

    @cached_property
    def subject(self) -> Subject:
        """The implementation under test, imported when it is first used.

        Raises
        ------
        UnsupportedEnvironmentError
            If Keras, its backend or scikit-learn cannot be used.
        DeviceError
            If the requested device is not available.
        SubjectError
            If the subject cannot be imported, or is incomplete.
        DeclarationError
            If the subject offers what it is declared not to offer.
        """
        limit, spec = self.options.time_limit, self.options.subject
        require_modules(spec)
        # Before the subject, so that the time that a backend takes does not count as the subject's.
        require_usable(limit, kill=self.owns_process)
        require_device(self.options.device)
        post_mortem.note(f"imported the subject {spec!r}")
        try:
            with time_limit(limit, kill=self.owns_process):
                subject = load_subject(
                    spec,
                    self.options.estimators,
                    not_offered=self.options.not_offered,
                    builder_protocol=self.options.builder_protocol,
                )
                require_absent(subject)
        except TimeUp as stop:
            raise SubjectImportError(f"The import of the subject {spec!r} {stop}.") from stop
        if self.owns_process:
            # Modules stay. To look through all of a backend takes each collection of garbage longer
            # than a check.
            gc.freeze()
            # Estimators and models are full of cycles, so each check would be looked through often.
            gc.set_threshold(OBJECTS_BEFORE_COLLECTION, 10, 10)
        return subject

    @property
    def starts_with_smoke(self) -> bool:
        """Whether a subject that cannot be fitted at all ends the run.

        That is for runs of whole profiles: who names a chapter or a check wants to see its results.
        """
        selection = self.plan.selection
        return not (selection.chapters or selection.checks)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Who the subject is and where it ran; only a process that ran a check can tell."""
        identity = self.subject.identity
        return {
            "subject": {
                "spec": identity.spec,
                "distribution": identity.distribution,
                "version": identity.version,
                "path": identity.path,
                "commit": identity.commit,
                "wrappers": dict(identity.wrappers),
                "sources": sources_of(self.subject),
                "not_offered": sorted(map(str, self.subject.not_offered)),
                "builder_protocol": str(self.subject.builder_protocol),
            },
            "environment": {
                **describe_environment(),
                "requested_device": self.options.device and str(self.options.device),
            },
        }

    @cached_property
    def policy(self) -> ItemPolicy:
        """What decides how results end their items.

        Raises
        ------
        BaselineError
            If the baseline has two entries for one result that hold here.
        """
        baseline = self.baseline
        known = None if baseline is None else baseline.active(self.facts["environment"])
        return ItemPolicy(self.options.strict, known)

    def attach(self, config: pytest.Config) -> None:
        """Let `run_of` find the run."""
        config.stash[KEY] = self


def run_of(config: pytest.Config) -> Run | None:
    """Return the run of a pytest session; None where it is not about conformance."""
    return config.stash.get(KEY, None)
