"""`course verify`: proves that the course itself is right."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from courseware.cli.common import JsonOption
from courseware.cli.exit_codes import FAILED
from courseware.course import find_course
from courseware.errors import UsageError
from courseware.proving import Finding, claims, faults, prove
from courseware.views.untrusted import printable


def verify(
    step: Annotated[int | None, typer.Argument(help="Verify this step alone.", show_default="every step")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Judgements at a time.", show_default="one a processor")
    ] = None,
    plain: Annotated[bool, typer.Option(help="Judge without bubblewrap.")] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the order of checks and of their data.", show_default="drawn")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Proves the course: references pass, starters fail, mistakes are caught, other right designs get full marks."""
    course = find_course()
    steps = course.steps if step is None else (course.step(step),)
    wrong = list(faults(course, steps))
    everything = list(claims(course, steps))
    findings = prove(
        course.root, everything, jobs=jobs or os.cpu_count() or 1, sandbox="plain" if plain else None, seed=seed
    )
    done = sorted(_shown_while_running(findings, len(everything)), key=lambda finding: everything.index(finding.claim))
    if as_json:
        print(json.dumps({"faults": wrong, "findings": [_as_record(finding) for finding in done]}, indent=2))
    else:
        _print_report(wrong, done)
    if wrong or not all(finding.holds for finding in done):
        raise typer.Exit(FAILED)


def _shown_while_running(findings: Iterable[Finding], total: int) -> list[Finding]:
    """All findings, with a bar on a terminal's standard error while they come in."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Judging", total=total)
        for finding in findings:
            done.append(finding)
            progress.advance(bar)
            if not finding.holds:
                progress.console.print(f"[red]✗[/red] {escape(finding.claim.name)}")
    if len(done) != total:
        raise UsageError(f"Only {len(done)} of {total} judgements came to an end. Run it again with --jobs 1.")
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


def _print_report(wrong: list[str], findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for sentence in wrong:
        console.print(f"[red]✗[/red] {_safe(sentence)}", soft_wrap=True)
    for finding in findings:
        if not finding.holds:
            claim = finding.claim
            console.print(f"[red]✗[/red] step {claim.step}, {claim.kind}: [bold]{_safe(claim.name)}[/bold]")
            for contradiction in finding.contradictions:
                console.print(f"    {_safe(contradiction)}", soft_wrap=True)
    totals = Counter(finding.claim.kind for finding in findings)
    held = Counter(finding.claim.kind for finding in findings if finding.holds)
    for kind, total in totals.items():
        mark = "[green]✓[/green]" if held[kind] == total else "[red]✗[/red]"
        console.print(f"{mark} {kind}: {held[kind]} of {total}")
    if not wrong:
        console.print("[green]✓[/green] lists, points, outlines, names of checks, nothing given away")


def _safe(text: str) -> str:
    return escape(printable(text))
