"""`course nbgrader`: writes the course folder that nbgrader works in."""

import re
from pathlib import Path
from typing import Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import JsonOption, console, print_json


def nbgrader(
    folder: Annotated[Path, typer.Argument(help="The folder to write; run it again to bring it up to date.")],
    course_id: Annotated[str | None, typer.Option(help="nbgrader's name for this course; at first `course`.")] = None,
    exchange: Annotated[
        Path | None,
        typer.Option(help="Where students fetch and submit; at first FOLDER/exchange."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that you changed too; they are kept in a dated backup.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an nbgrader course folder: starters and notebooks to release, and settings that grade by our judge."""
    if course_id is not None and not re.fullmatch(r"[A-Za-z0-9_.-]+", course_id):
        raise UsageError("The course's id may hold letters, digits, dots, dashes and underscores alone.")
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
        screen.print(f"What was replaced is kept in {written.backup}")
    if written.kept:
        screen.print("Kept as they are, because they were changed (--force replaces them and keeps a backup):")
        for path in written.kept:
            screen.print(f"  {path}")
    slug = course.steps[0].slug
    screen.print(f"\nNext, in {root}:\n  nbgrader generate_assignment {slug}\n  nbgrader release_assignment {slug}")
    screen.print("For your students: for_students/nbgrader_config.py")
