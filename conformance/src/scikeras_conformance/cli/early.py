"""Refuses a run that cannot come to anything, before it starts: in terminal and report alike."""

from scikeras_conformance.catalog.plan import Plan
from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.config.run_options import RunOptions
from scikeras_conformance.exceptions import SubjectImportError, UnsupportedEnvironmentError
from scikeras_conformance.runner.requirements import require_installed
from scikeras_conformance.subject.search import require_modules

__all__ = ["refuse_early"]


def refuse_early(options: RunOptions, plan: Plan) -> int | None:
    """Print and report why a run cannot come to anything; None if nothing stands in its way.

    Nothing is imported for it: neither Keras nor the subject.

    Parameters
    ----------
    options : RunOptions
        The options of the run.
    plan : Plan
        What the run would do.

    Returns
    -------
    int or None
        The exit code.
    """
    try:
        require_installed()
        require_modules(options.subject)
    except UnsupportedEnvironmentError as error:
        return _refuse(options, plan, str(error), Verdict.INCOMPLETE)
    except SubjectImportError as error:
        return _refuse(options, plan, str(error), Verdict.NO_SUBJECT)
    return None


def _refuse(options: RunOptions, plan: Plan, why: str, verdict: Verdict) -> int:
    from scikeras_conformance.pytest_plugin.recording import Recorder
    from scikeras_conformance.pytest_plugin.run import Run
    from scikeras_conformance.report.formats.terminal import render
    from scikeras_conformance.report.outputs import Outputs
    from scikeras_conformance.report.wording import ending

    recorder = Recorder(Run(options, plan))
    planned = {item.id: item for item in plan}
    report = recorder.report(planned, (), {}, refusal=why, refused=verdict, gate=None)
    outputs = Outputs(options.report, options.scripts, options.exports)
    for line in render(report):
        print(printable(line.text))
    for text in outputs.to_terminal(report):
        print(text)
    outputs.write(report, recorder.script_of)
    print(printable(ending(report)))
    return report.footer.exit_code
