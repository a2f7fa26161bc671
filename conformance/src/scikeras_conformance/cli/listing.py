"""``list``, ``explain`` and ``script``: the contents of the suite, without running anything."""

import argparse

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.plan import make_plan, unchecked_clauses
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.contract import load_contract, parse_capabilities
from scikeras_conformance.exceptions import UsageError, did_you_mean
from scikeras_conformance.subject.builder_protocol import READY_MADE
from scikeras_conformance.subject.estimator_factories import parse_factory
from scikeras_conformance.subject.spec import parse_spec

__all__ = ["add_commands"]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the three commands to the command line."""
    listing = commands.add_parser("list", help="list clauses and checks")
    listing.add_argument("chapters", nargs="*", metavar="CHAPTER", help="only these chapters")
    listing.set_defaults(command=_list, listing=True)

    explain = commands.add_parser("explain", help="explain a clause or a check")
    explain.add_argument("name", metavar="ID", help="a clause (INIT-1) or a check of one")
    explain.set_defaults(command=_explain, listing=True)

    script = commands.add_parser(
        "script", help="print a check as a script that runs without the suite"
    )
    script.add_argument("subject", metavar="SUBJECT", help="as for run")
    script.add_argument("name", metavar="ID", help="a result, as in a report: CLS-3.x:classifier")
    script.add_argument(
        "--example", default="", metavar="SOURCE", help="for a property: the value to try"
    )
    script.add_argument(
        "--estimators",
        action="append",
        default=[],
        metavar="PLACE",
        type=parse_factory,
        help="as for run",
    )
    script.add_argument(
        "--not-offered", action="append", default=[], metavar="CAPABILITY", help="as for run"
    )
    script.add_argument(
        "--builder-protocol",
        metavar="PROTOCOL",
        choices=tuple(map(str, READY_MADE)),
        help="as for run",
    )
    script.set_defaults(command=_script, listing=True)


def _list(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.checks import CATALOG

    contract = load_contract()
    plan = make_plan(CATALOG, Selection(chapters=tuple(options.chapters)))
    unchecked = unchecked_clauses(CATALOG)
    for chapter in contract.chapters:
        if options.chapters and chapter.id not in options.chapters:
            continue
        print(f"{chapter.id}  {chapter.title}")
        for clause in contract.of_chapter(chapter.id):
            gap = "  [no check yet]" if clause.id in unchecked else ""
            gap = "  [not observable in a subject]" if clause.excluded else gap
            print(f"  {clause.id:<9} {clause.level:<7} {clause.statement}{gap}")
            for check in CATALOG:
                if clause.id == check.clauses[0]:
                    count = sum(item.check is check for item in plan)
                    print(f"              {check.id} ({count}): {check.verifies}")
    print(f"{len(contract.clauses)} clauses, {len(CATALOG)} checks, {len(plan)} planned.")
    return ExitCode.CONFORMANT


def _explain(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.checks import CATALOG

    plan = make_plan(CATALOG, Selection())
    clause_id, dot, slug = options.name.partition(".")
    by_case = {one.casefold(): one for one in load_contract().clauses}
    clause_id = by_case.get(clause_id.casefold(), clause_id.upper())
    name = f"{clause_id}{dot}{slug}"
    clause = load_contract().clauses.get(clause_id)
    checks = [check for check in CATALOG if name == check.id or name in check.clauses]
    if clause is None or (dot and not checks):
        own = [check.id for check in CATALOG if clause_id in check.clauses]
        known = own or [*load_contract().clauses, *(check.id for check in CATALOG)]
        raise UsageError(
            f"There is no clause or check {options.name!r}.{did_you_mean(name, known)}"
        )
    print(f"{clause.id}  {clause.level}, profile {clause.profile}, since contract {clause.since}")
    print(f"  {clause.statement}")
    print(f"  Source: {clause.section}")
    for check in checks:
        mine = [item for item in plan if item.check is check]
        print(f"\n{check.id}  {check.level}, clauses {', '.join(check.clauses)}")
        print(f"  verifies: {check.verifies}")
        print(f"  impact:   {check.impact}")
        if check.needs:
            print(f"  needs:    {', '.join(sorted(check.needs))}")
        print(f"  runs:     {', '.join(item.id.removeprefix(check.id + ':') for item in mine)}")
    if clause.excluded:
        print(f"\n  No check: {clause.excluded}")
    elif not checks:
        print("\n  No check yet.")
    return ExitCode.CONFORMANT


def _script(options: argparse.Namespace) -> ExitCode:
    from scikeras_conformance.checks import CATALOG
    from scikeras_conformance.report.reproduction.script import script_for
    from scikeras_conformance.runner.seeding import SEED

    parse_spec(options.subject)
    plan = make_plan(CATALOG, Selection()).everything
    if options.name not in plan:
        raise UsageError(
            f"There is no result {options.name!r}.{did_you_mean(options.name, list(plan))} A "
            "result is a check, a wrapper and a case, which 'explain' lists."
        )
    planned = plan[options.name]
    parse_capabilities(options.not_offered)
    print(
        script_for(
            planned,
            options.subject,
            seed=SEED,
            example=options.example,
            estimators=options.estimators,
            not_offered=options.not_offered,
            builder_protocol=options.builder_protocol,
        )
    )
    return ExitCode.CONFORMANT
