"""The options of a run, as one typed record."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.config.report_files import split_reports
from scikeras_conformance.config.values import Examples, Seconds
from scikeras_conformance.contract import parse_capabilities
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.runner.device import Device
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT
from scikeras_conformance.subject.builder_protocol import parse_protocol
from scikeras_conformance.subject.estimator_factories import parse_factory, places_of
from scikeras_conformance.subject.spec import parse_spec

__all__ = ["RunOptions"]


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a run.

    The record is made once, from the command line and the configuration file or from pytest's
    options, and handed on as an object; workers receive it as plain data.

    Parameters
    ----------
    subject : str
        The implementation under test, see `scikeras_conformance.subject.spec`.
    profiles, chapters, checks, wrappers : tuple of str
        The part of the contract that the run is about.
    estimators : tuple of str
        Estimator factories, see `scikeras_conformance.subject.estimator_factories`.
    not_offered : tuple of str
        Capabilities that the subject does not offer, see
        `scikeras_conformance.contract.capabilities`.
    builder_protocol : str or None
        How the subject calls builders, see `scikeras_conformance.subject.builder_protocol`.
    device : Device or None
        The requested device; None to take what comes.
    time_limit : float
        Seconds that a check, or the import of the subject, may take; 0 for no limit.
    examples : int or None
        How many random examples a check tries that is a property; None for as many as it says.
    strict : bool
        Whether SHOULD counts like MUST.
    workers : int or "auto"
        How many processes the command line starts; pytest has options of its own for that.
    baseline : Path or None
        File of known failures.
    report : Path or None
        File of the JSON report.
    exports : tuple of str
        ``format=file`` for a file, ``format`` for the terminal.
    scripts : Path or None
        Folder for scripts that reproduce failures.
    config_file : Path or None
        The configuration file that was read, for the report.
    """

    subject: str
    profiles: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    estimators: tuple[str, ...] = ()
    not_offered: tuple[str, ...] = ()
    builder_protocol: str | None = None
    device: Device | None = None
    time_limit: Seconds = DEFAULT_LIMIT
    examples: Examples | None = None
    strict: bool = False
    workers: int | Literal["auto"] = "auto"
    baseline: Path | None = None
    report: Path | None = None
    exports: tuple[str, ...] = ()
    scripts: Path | None = None
    config_file: Path | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "RunOptions":
        """Return the options with the given values.

        Paths are made absolute, because a subject may change the directory of the process.

        Parameters
        ----------
        values : mapping
            Values by the names of the fields; those that are missing have their defaults. As
            `report` several files may be given; one whose extension stands for another format than
            JSON becomes an export.

        Raises
        ------
        UsageError
            If a value is not valid, the subject or an estimator factory is not named in a form
            that is understood, or there is no capability or builder protocol of a name.
        """
        values = dict(values)
        for name in ("baseline", "scripts"):
            if values.get(name) is not None:
                if not str(values[name]):
                    raise UsageError(f"--{name} takes a path, not an empty text.")
                values[name] = Path(values[name]).absolute()
        reports = values.get("report") or ()
        report, exports = split_reports([reports] if isinstance(reports, (str, Path)) else reports)
        values["report"] = report
        values["exports"] = (*map(_absolute, values.get("exports", ())), *exports)
        try:
            options = msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise UsageError(f"An option of the run is not valid: {error}.") from error
        parse_spec(options.subject)
        places_of(map(parse_factory, options.estimators))
        parse_capabilities(options.not_offered)
        if options.builder_protocol is not None:
            parse_protocol(options.builder_protocol)
        return options

    @property
    def selection(self) -> Selection:
        """The part of the catalog that the run is about."""
        return Selection.requested(
            chapters=self.chapters,
            checks=self.checks,
            wrappers=self.wrappers,
            profiles=self.profiles,
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the options as plain data, which can be sent to another process."""
        plain: dict[str, Any] = msgspec.to_builtins(self, enc_hook=str)
        return plain

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "RunOptions":
        """Return the options that `to_plain` made plain data of."""
        return msgspec.convert(data, cls, dec_hook=_decode)


def _decode(kind: type, value: Any) -> Any:
    return kind(value)


def _absolute(export: str) -> str:
    form, equals, file = export.partition("=")
    return f"{form}={Path(file).absolute()}" if equals and file else export
