"""`course nbgrader`, `kit` and `report`: the folder in which a class is graded, what students receive, what is hard."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import EachStepArgument, JsonOption, console, print_json


def nbgrader(
    folder: Annotated[Path, typer.Argument(help="The folder to write. Run the command again to update it.")],
    course_id: Annotated[str | None, typer.Option(help="nbgrader's name for this course. Default: `course`.")] = None,
    exchange: Annotated[
        Path | None,
        typer.Option(help="Where students fetch and submit. Default: FOLDER/exchange."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also replace files that you changed. A dated backup keeps them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write nbgrader's course folder: starters, notebooks, and settings with which the judge grades."""
    if course_id is not None and not re.fullmatch(r"[A-Za-z0-9_.-]+", course_id):
        raise UsageError("The id of a course may contain only letters, digits, dots, dashes and underscores.")
    from courseware.classroom.nbgrader.writing import write_course_folder
    from courseware.course import find_course

    course, root = find_course(), folder.resolve()
    written = write_course_folder(
        course, root, course_id=course_id, exchange=exchange and exchange.resolve(), force=force
    )
    if as_json:
        print_json(
            {
                "folder": str(root),
                "written": written.written,
                "removed": written.removed,
                "kept": written.kept,
                "backup": str(written.backup) if written.backup else None,
            }
        )
        return
    screen = console()
    count = len(written.written) + len(written.removed)
    screen.print(f"{count} files written." if count else "Everything is up to date.", style="bold")
    if written.backup:
        screen.print(f"A backup of the replaced files is in {written.backup}")
    if written.kept:
        screen.print("Kept as they are, because they were changed (--force replaces them and keeps a backup):")
        for path in written.kept:
            screen.print(f"  {path}")
    slug = course.steps[0].slug
    screen.print(f"\nNext, in {root}:\n  nbgrader generate_assignment {slug}\n  nbgrader release_assignment {slug}")
    screen.print("For your students: for_students/nbgrader_config.py")


def kit(
    folder: Annotated[Path, typer.Argument(help="The folder to write, beside a zip file with the same name.")],
    steps: Annotated[
        int | None,
        typer.Option(
            help="Hand out the first STEPS steps. The last of them is the one to solve: "
            "it starts from what solves those before it. A course with one step hands it out.",
            metavar="STEPS",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a student kit: engine, lessons, starters, notebooks and visible checks, without solutions."""
    from courseware.classroom.kit import make_kit
    from courseware.course import find_course

    course = find_course()
    if steps is None:
        if len(course.steps) > 1:
            raise UsageError(
                f"Each step starts from the reference of the one before. Say which of the {len(course.steps)} "
                "your class solves now: --steps 1 for the first."
            )
        steps = 1
    made = make_kit(course, steps, folder.resolve())
    if as_json:
        print_json({"folder": str(made.folder), "zip": str(made.zip_file), "files": sorted(made.files)})
        return
    screen = console()
    screen.print(f"{len(made.files)} files, searched: no hidden check and nothing of a solution is in them.")
    screen.print(f"Folder:   {made.folder}", soft_wrap=True)
    screen.print(f"Zip file: {made.zip_file}", soft_wrap=True)


if TYPE_CHECKING:
    from courseware.classroom.nbgrader import CourseFolder
    from courseware.classroom.report import StepFigures


def report(
    course_dir: Annotated[Path, typer.Argument(help="nbgrader's course folder, graded by `course grade`.")],
    step: EachStepArgument = None,
    csv: Annotated[Path | None, typer.Option(help="Write the numbers into this CSV file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one HTML page with charts, without other files.")] = None,
) -> None:
    """Show which tasks and checks a class fails, its most common mistakes, and the time it needed."""
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
