"""`course export`: a class's points and verdicts in the formats of others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.cli.common import console
from courseware.cli.exit_codes import FAILED, HELD

if TYPE_CHECKING:
    from courseware.exporting import GradedStep


class Format(StrEnum):
    """For whom it is written."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"
    JUNIT = "junit"


def export(
    course_dir: Annotated[Path, typer.Argument(help="nbgrader's course folder, graded by `course grade`.")],
    step: Annotated[int | None, typer.Argument(help="Export this step alone.", show_default="every step")] = None,
    *,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="canvas, moodle: a CSV file with the points of every task. "
            "gradescope: a folder with a results.json for every submission. "
            "junit: a folder with an XML file for every submission.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, or the new folder.")],
) -> None:
    """Write what a class was given for Canvas, Moodle, Gradescope, or whatever reads JUnit's XML.

    It says what `course grade` found, and no more: a submission that needs a look has no points in it. Exit code 1 says
    that there are such submissions.
    """
    from courseware.exporting import graded_steps
    from courseware.nbgrader import CourseFolder

    steps = graded_steps(CourseFolder(course_dir.resolve()), step)
    _write(steps, form, output)
    _tell(steps, output)
    raise typer.Exit(FAILED if any(graded.needs_look for graded in steps) else HELD)


def _write(steps: list[GradedStep], form: Format, output: Path) -> None:
    from courseware.exporting import files, gradebooks

    match form:
        case Format.CANVAS:
            files.write_file(output, gradebooks.canvas_csv(steps).encode())
        case Format.MOODLE:
            files.write_file(output, gradebooks.moodle_csv(steps).encode())
        case Format.GRADESCOPE:
            files.write_folder(output, files.gradescope_files(steps))
        case Format.JUNIT:
            files.write_folder(output, files.junit_files(steps))


def _tell(steps: list[GradedStep], output: Path) -> None:
    from courseware.views.terminal.parts import count, shown

    screen = console()
    for graded in steps:
        judged = sum(standing.verdict is not None for standing in graded.standings)
        sentence = f"Step {graded.step.number}: {count(judged, 'submission')} with points, in {output}"
        screen.print(shown(sentence, "bold"))
        for standing in graded.needs_look:
            points = "has its points" if standing.verdict else "has no points"
            screen.print(shown(f"needs a look, {points}  {standing.student}: {standing.remark}", "yellow"))
