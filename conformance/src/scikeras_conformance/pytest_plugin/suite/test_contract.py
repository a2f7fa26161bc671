"""One pytest item for each check × wrapper × case; the plugin supplies the plan."""

import pytest

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.pytest_plugin.items import run_item
from scikeras_conformance.subject.loading import Subject


def test_conforms(
    request: pytest.FixtureRequest, planned_check: PlannedCheck, conformance_subject: Subject
) -> None:
    """Check one promise of the contract."""
    run_item(request.node, planned_check, conformance_subject)
