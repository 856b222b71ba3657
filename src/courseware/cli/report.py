"""`course report`: what a class's verdicts say together."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import EachStepArgument, console

if TYPE_CHECKING:
    from courseware.classroom.nbgrader import CourseFolder
    from courseware.classroom.report import StepFigures


def report(
    course_dir: Annotated[Path, typer.Argument(help="nbgrader's course folder, graded by `course grade`.")],
    step: EachStepArgument = None,
    csv: Annotated[Path | None, typer.Option(help="Write the figures into this CSV file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page with charts, which needs nothing else.")] = None,
) -> None:
    """Show what a class finds hard: which tasks and checks fail, the most common mistakes, the time it took."""
    from courseware.classroom.nbgrader import CourseFolder

    folder = CourseFolder(course_dir.resolve())
    steps = _figures(folder, step)
    if csv is not None:
        from courseware.classroom.report.tables import spreadsheet

        _write(csv, f"\ufeff{spreadsheet(steps)}")  # with the mark by which Excel knows UTF-8
    if html is not None:
        from courseware.classroom.report.page import page

        _write(html, page(folder.course.title, steps, datetime.now().astimezone()))
    if csv is None and html is None:
        from courseware.classroom.report.tables import report_view

        console().print(report_view(steps), end="")


def _figures(folder: CourseFolder, number: int | None) -> list[StepFigures]:
    from courseware.classroom.grading.grading import results_of
    from courseware.classroom.report import figures

    course = folder.course
    steps = course.steps if number is None else (course.step(number),)
    results = {step.number: results_of(folder, step) for step in steps}
    found = [figures(step, results[step.number]) for step in steps if results[step.number]]
    if not found:
        raise UsageError(f"Nothing was handed in yet: {folder.root / 'submitted'} holds no submission of it.")
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
