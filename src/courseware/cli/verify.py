"""`course verify`: proves that the course itself is right."""

import sys
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, NoReturn

import typer

from courseware.author import Finding, claims, faults, named, prove
from courseware.base.errors import UsageError
from courseware.base.text import printable
from courseware.cli.common import (
    FAILED,
    USUAL_JOBS,
    EachStepArgument,
    JobsOption,
    JsonOption,
    console,
    counting,
    print_json,
)
from courseware.course import find_course
from courseware.judging.postgresql import PostgresServer
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome
from courseware.views.terminal.verdict import shown, sign


def verify(
    step: EachStepArgument = None,
    jobs: JobsOption = USUAL_JOBS,
    plain: Annotated[bool, typer.Option(help="Judge without bubblewrap.")] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the order of checks and of their data.", show_default="drawn")
    ] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Make mutants of the reference, and list those that survive.")
    ] = False,
    sample: Annotated[int | None, typer.Option(min=1, help="With --mutants: try this number of them.")] = None,
    fuzz: Annotated[
        int | None,
        typer.Option(min=0, help="Instead, run each check with this number of changed answers (0: all)."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Judge only this known mistake or alternative. May be repeated."),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Judge with databases on this PostgreSQL server in place of SQLite files."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Judge one known mistake for each check, and each stage by its own step.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Prove the content: references pass, starters fail, known mistakes are caught, alternatives get all points.

    The command reads the files first. If their points, lists or names are wrong, it reports them and judges nothing.
    With --only it judges without this.

    With --quick it judges only as many known mistakes as fail each visible check, by the checks that they must fail,
    and a reference or a starter by the checks of its own step. That takes a tenth of the time. Run it without --quick
    before a release. --only judges a mistake by all checks, so it cannot be combined with --quick.

    With --mutants it changes the reference in one place at a time instead, and lists the changes that no check detects.
    With --database a mistake must fail at least one of the checks that it names. URL names a user who may create
    databases, such as postgresql://user:password@127.0.0.1:5432/postgres.
    With --fuzz it changes the answers of the reference instead: no check may report this as a fault of the course.
    Both leave out steps that judge tests or a deployment.
    """
    course = find_course()
    steps = course.steps if step is None else (course.step(step),)
    sandbox: SandboxKind | None = "plain" if plain else None
    applications = tuple(each for each in steps if each.lesson.judges == "application")
    if mutants:
        from courseware.cli.mutants import verify_mutants

        verify_mutants(course, applications, jobs=jobs, sandbox=sandbox, seed=seed, sample=sample, as_json=as_json)
        return
    if fuzz is not None:
        from courseware.cli.fuzz import fuzz_steps

        fuzz_steps(course, applications, mutations=fuzz, sandbox=sandbox, seed=seed, as_json=as_json)
        return
    if quick and only:
        raise UsageError("--quick leaves out most of what --only judges. Use one of the two.")
    everything = list(claims(course, steps, quick=quick))
    if only:
        everything = named(everything, only)
    elif wrong := list(faults(course, steps)):
        _refuse(wrong, as_json=as_json)
    postgresql = None if database is None else PostgresServer(database)
    if postgresql is not None:
        everything = [claim for claim in everything if not claim.sqlite_only]
    findings = prove(course.root, everything, jobs=jobs, sandbox=sandbox, seed=seed, postgresql=postgresql)
    done = sorted(_counted(findings, len(everything)), key=lambda finding: everything.index(finding.claim))
    if as_json:
        print_json({"faults": [], "findings": [_as_record(finding) for finding in done]})
    else:
        _print_report(done)
        if not only:
            console().print(sign(Outcome.PASSED), "lists, points, outlines, names of checks, nothing given away")
    if not all(finding.holds for finding in done):
        raise typer.Exit(FAILED)


def _refuse(wrong: list[str], *, as_json: bool) -> NoReturn:
    """Shows what is wrong in the files. No judgement would be worth its time before that is repaired."""
    if as_json:
        print_json({"faults": wrong, "findings": []})
    else:
        screen = console()
        for sentence in wrong:
            screen.print(sign(Outcome.FAILED), shown(sentence), soft_wrap=True)
        screen.print("Nothing was judged. Repair the files first.")
    raise typer.Exit(FAILED)


def _counted(findings: Iterable[Finding], total: int) -> list[Finding]:
    """All findings. While they come in it shows how many, and names those that do not hold."""
    done = []
    with counting("Judging", total) as counter:
        for finding in findings:
            done.append(finding)
            if not finding.holds:
                print(printable(f"✘ {finding.claim.name}"), file=sys.stderr)
            counter.count(failed=not finding.holds)
    if len(done) != total:
        raise UsageError(f"Only {len(done)} of {total} judgements finished. Run it again with --jobs 1.")
    return done


def _as_record(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.claim.kind.value,
        "name": finding.claim.name,
        "step": finding.claim.step,
        "holds": finding.holds,
        "contradictions": finding.contradictions,
        "seconds": finding.seconds,
    }


def _print_report(findings: list[Finding]) -> None:
    screen = console()
    for finding in findings:
        if not finding.holds:
            claim = finding.claim
            screen.print(sign(Outcome.FAILED), f"step {claim.step}, {claim.kind}:", shown(claim.name, "bold"))
            for contradiction in finding.contradictions:
                screen.print("   ", shown(contradiction), soft_wrap=True)
    totals = Counter(finding.claim.kind for finding in findings)
    held = Counter(finding.claim.kind for finding in findings if finding.holds)
    for kind, total in totals.items():
        outcome = Outcome.PASSED if held[kind] == total else Outcome.FAILED
        screen.print(sign(outcome), f"{kind}: {held[kind]} of {total}")
