"""One pytest item for each check × wrapper × case; the plugin supplies the plan."""

import pytest

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.pytest_plugin.plugin import run_item
from scikeras_conformance.subject.loading import Subject


def test_conforms(
    request: pytest.FixtureRequest, planned_check: PlannedCheck, conformance_subject: Subject
) -> None:
    """Hold one promise of the contract against the subject."""
    run_item(request.node, planned_check, conformance_subject)
