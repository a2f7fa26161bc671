"""Puts the command line and the configuration file together."""

from collections.abc import Mapping
from typing import Any

from scikeras_conformance.config.configuration_file import Settings
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.exceptions import UsageError

__all__ = ["combine"]

SELECTING = ("profiles", "chapters", "checks")


def combine(settings: Settings, given: Mapping[str, Any]) -> RunOptions:
    """Return the options of a run; the command line wins over the file.

    A profile, a chapter or a check on the command line sets aside what the file selects by any of
    the three.

    Parameters
    ----------
    settings : Settings
        What the file says.
    given : mapping
        What the command line says, by the names of the fields of `RunOptions`.

    Raises
    ------
    UsageError
        If there is no subject, or the options are not valid.
    """
    from_file = dict(settings.options)
    if any(given.get(name) for name in SELECTING):
        from_file = {name: value for name, value in from_file.items() if name not in SELECTING}
    values = {**from_file, **given, "config_file": settings.file}
    if not values.get("subject"):
        raise UsageError(
            "There is no subject: name it, as in 'scikeras-conformance run your_package.wrappers', "
            "or write it into the configuration."
        )
    return RunOptions.of(values)
