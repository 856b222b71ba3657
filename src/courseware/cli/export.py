"""`course export`: a class's points and verdicts in the formats of others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import FAILED, HELD, EachStepArgument, console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from courseware.classroom.export import GradedStep
    from courseware.course import Course


class Format(StrEnum):
    """For whom it is written."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"
    JUNIT = "junit"
    AUTOGRADER = "autograder"


GRADEBOOKS = (Format.CANVAS, Format.MOODLE)


def export(
    course_dir: Annotated[Path, typer.Argument(help="nbgrader's course folder, graded by `course grade`.")],
    step: EachStepArgument = None,
    *,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="canvas, moodle: a CSV file with the points of every task. "
            "gradescope: a folder with a results.json for every submission. "
            "junit: a folder with an XML file for every submission. "
            "autograder: a zip file with which Gradescope judges a step itself.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, or the new folder.")],
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="autograder: judge without a sandbox where Gradescope has none: "
            "submissions could then read and forge anything.",
        ),
    ] = False,
) -> None:
    """Write the points of a class for Canvas, Moodle or Gradescope, or as JUnit XML.

    The points are those of `course grade`. A CSV file also contains points from nbgrader's gradebook that an instructor
    gave by hand. A submission that an instructor must look at has no points: exit code 1 means that there is one.
    """
    from courseware.classroom.nbgrader import CourseFolder

    folder = CourseFolder(course_dir.resolve())
    if form is Format.AUTOGRADER:
        _write_autograder(folder.course, step, output, plain=plain)
        return
    if plain:
        raise UsageError("--plain is for --format autograder: everything else was judged already.")
    from courseware.classroom.export import graded_steps

    steps = graded_steps(folder, step, with_marks=form in GRADEBOOKS)
    _write(steps, form, output)
    _tell(steps, output)
    raise typer.Exit(FAILED if any(graded.needs_look for graded in steps) else HELD)


def _write_autograder(course: Course, number: int | None, output: Path, *, plain: bool) -> None:
    from courseware.classroom.export.gradescope import autograder_zip

    if number is None and len(course.steps) > 1:
        raise UsageError("An autograder is for one step: say which, such as 1.")
    step = course.step(course.steps[0].number if number is None else number)
    write_file(output, autograder_zip(course, step, plain=plain))
    screen = console()
    screen.print(f"The autograder of step {step.number} is in {output}", soft_wrap=True)
    screen.print("It contains the hidden checks. Give it only to Gradescope and to instructors.")


def _write(steps: list[GradedStep], form: Format, output: Path) -> None:
    from courseware.classroom.export import gradebooks
    from courseware.classroom.export.gradescope import gradescope_files
    from courseware.classroom.export.junit import junit_files

    match form:
        case Format.CANVAS:
            write_file(output, gradebooks.canvas_csv(steps).encode())
        case Format.MOODLE:
            write_file(output, gradebooks.moodle_csv(steps).encode())
        case Format.GRADESCOPE:
            write_folder(output, gradescope_files(steps))
        case Format.JUNIT:
            write_folder(output, junit_files(steps))


def _tell(steps: list[GradedStep], output: Path) -> None:
    from courseware.views.terminal.verdict import count, shown

    screen = console()
    for graded in steps:
        judged = sum(result.verdict is not None for result in graded.results)
        sentence = f"Step {graded.step.number}: {count(judged, 'submission')} with points, in {output}"
        screen.print(shown(sentence, "bold"), soft_wrap=True)
        for result in graded.needs_look:
            screen.print(shown(f"needs a look  {result.student}: {result.remark}", "yellow"), soft_wrap=True)
        late = len(graded.marks.late)
        if late:
            screen.print(
                f"{count(late, 'submission')} came late: nbgrader's penalty is not in these points.", soft_wrap=True
            )


def write_folder(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Writes files into a folder that is new or empty: nothing of another export may be taken for one of this.

    Raises UsageError.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} is there already. Name a folder that is new or empty.")
    for path, content in files:
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{place.parent} cannot be made: {error.strerror}.") from error
        write_file(place, content)


def write_file(path: Path, content: bytes) -> None:
    """Writes a file, over another if need be. Raises UsageError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
