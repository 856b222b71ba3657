"""What the student has done and may do next, and what this machine has for it, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from courseware.verdict import Outcome
from courseware.views.terminal.verdict import columns, points, shown, sign
from courseware.views.wording import tasks_in

if TYPE_CHECKING:
    from courseware.checking.check import CheckEntry
    from courseware.student.examination import Finding

STATES = {"good": ("✔", "green"), "limited": ("~", "yellow"), "missing": ("✘", "red")}


def findings_view(findings: Iterable[Finding]) -> RenderableType:
    """What the doctor found: each with its meaning, and the way to get what is lacking."""
    table = columns()
    for finding in findings:
        said = [shown(finding.found), shown(finding.meaning, "dim")]
        if finding.remedy:
            said.append(shown(f"→ {finding.remedy}", "yellow"))
        table.add_row(Text(*STATES[finding.state]), shown(finding.name, "bold"), Group(*said))
    return table


if TYPE_CHECKING:
    from pathlib import Path

    from courseware.course import Step
    from courseware.student.workspace import LaidOut, Merge, StepStatus


def laid_out_view(step: Step, laid_out: LaidOut, root: Path, before: StepStatus | None = None) -> RenderableType:
    """What `course start` did, and what to do next. `before` is how the step stands whose work was carried forward."""
    number, folder = step.number, laid_out.folder.relative_to(root)
    if laid_out.new:
        first = f"The files of step {number}, {step.title}, are in {folder}/."
    else:
        first = f"Step {number} was started before, in {folder}/. Your work is unchanged. (--reset starts again.)"
    lines: list[RenderableType] = [shown(first, "bold")]
    if laid_out.backup is not None:
        lines.append(shown(f"The previous files are in {laid_out.backup.relative_to(root)}/."))
    if laid_out.before is not None and laid_out.merge is not None:
        lines.extend(_carried(step, laid_out.before, laid_out.merge))
    if before is not None and (before.state != "holds" or before.changed):
        lines.append(
            shown(
                f"Not all checks of step {before.number} have passed on its present files. Step {number} starts with "
                f"the same faults. To see them: course check {before.number}",
                "yellow",
            )
        )
    table = columns()
    table.add_row("", shown("to work in JupyterLab"), shown(f"course lab {number}", "bold"))
    table.add_row("", shown("to work in your editor"), shown(f"{folder}/lesson/README.md", "bold"))
    table.add_row("", shown("to check your work"), shown(f"course check {number}", "bold"))
    table.add_row("", shown("to check every save"), shown(f"course watch {number}", "bold"))
    return Group(*lines, table)


def _carried(step: Step, before: Step, merge: Merge) -> Iterator[RenderableType]:
    """What became of the student's own work, and what is left to decide."""
    number = step.number
    yield shown(f"It starts from your own step {before.number}. The folder of that step is unchanged.")
    if merge.merged:
        # Such as an import that the student took out, and that a function of the step's uses.
        look = "git has merged the lines. Read the result, because git does not test it."
        yield shown(f"Your changes and those of step {number} are both in {', '.join(merge.merged)}. {look}")
    if not merge.conflicts:
        return
    yield Text("")
    yield shown(f"Git could not merge these files: you and step {number} changed the same lines.", "bold yellow")
    table = columns()
    for conflict in merge.conflicts:
        table.add_row("", shown(conflict.path, "bold"), shown(tasks_in(step, conflict.path)))
        for path in conflict.beside:
            what = "both, with conflict markers" if path.endswith(".merged") else f"as step {number} has it"
            table.add_row("", shown(f"  {path}"), shown(what, "dim"))
    yield table
    yield shown(
        "Your own version is in place, so the application may not start yet. Copy the changes of the step into it, "
        "then delete the two files beside it. To use the version of the step instead, rename that file."
    )
    yield Text("")


def hint_view(check: str, hints: Sequence[str], of: int, *, show_all: bool = False) -> RenderableType:
    """The newest of the hints read so far, or all of them. `of` is how many there are."""
    lines = [
        Text.assemble((f"Hint {level} of {of}  ", "bold"), shown(hint))
        for level, hint in enumerate(hints, start=1)
        if show_all or level == len(hints)
    ]
    is_last = len(hints) == of
    more = (
        "That was the last hint. The lesson explains the rest."
        if is_last
        else f"For the next hint: course hint {check}"
    )
    lines.append(shown(more, "dim"))
    if not show_all and len(hints) > 1:
        lines.append(shown(f"For the earlier ones: course hint {check} --all", "dim"))
    return Group(*lines)


def failed_checks_view(checks: Sequence[tuple[CheckEntry, int]]) -> RenderableType:
    """The checks that failed in the last judgement, each with the number of its hints that were read."""
    if not checks:
        return shown("No check failed in the last judgement of this step.")
    table = columns()
    for check, read in checks:
        table.add_row(
            sign(Outcome.FAILED), shown(check.task), shown(check.id, "bold"), f"{read} of {len(check.hints)} read"
        )
    return Group(
        shown("These checks failed in the last judgement:"), table, shown("The next hint: course hint CHECK", "dim")
    )


def status_view(title: str, statuses: Iterable[StepStatus]) -> RenderableType:
    """The course's steps, a line each, and the points of the path and of the optional steps."""
    statuses = list(statuses)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "Step", "Title", "Minutes", "Tasks", "Points", "State"):
        table.add_column(heading, justify="right" if heading in ("Step", "Minutes", "Tasks", "Points") else "left")
    for status in statuses:
        state = f"optional, {status.state}" if status.optional else str(status.state)
        if status.judged_at is not None:
            state += f", judged {status.judged_at.astimezone():%Y-%m-%d %H:%M}"
        table.add_row(
            sign(Outcome.PASSED) if status.state == "holds" else "",
            str(status.number),
            shown(status.title),
            str(status.minutes),
            f"{status.tasks_held} / {len(status.tasks)}",
            f"{points(status.points)} / {points(status.points_possible)}" if status.judged_at else "",
            state + (", changed since" if status.changed else ""),
        )
    return Group(shown(title, "bold"), table, *(shown(line, "dim") for line in _sums(statuses)))


def _sums(statuses: Sequence[StepStatus]) -> Iterator[str]:
    """The points of the path, and those of the optional steps, if there are any.

    Checks that are hidden, and questions, get their points when an instructor grades the step.
    """
    for name, is_optional in (("The path", False), ("Optional steps", True)):
        steps = [status for status in statuses if status.optional == is_optional]
        if steps:
            got, in_all = sum(each.points for each in steps), sum(each.points_in_all for each in steps)
            yield f"{name}: {points(got)} of {in_all} points by the checks that you have."
