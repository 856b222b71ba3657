"""`course kit`: makes what a class is handed that works without nbgrader."""

from pathlib import Path
from typing import Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import JsonOption, console, print_json


def kit(
    folder: Annotated[Path, typer.Argument(help="The folder to make; a zip file of the same name comes beside it.")],
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
    """Make a student kit: engine, lessons, starters, notebooks and visible checks; no hidden check and no solution."""
    from courseware.classroom.kit import make_kit
    from courseware.course import find_course

    course = find_course()
    if steps is None:
        if len(course.steps) > 1:
            raise UsageError(
                f"Each step starts from what solves those before it, so say which of the {len(course.steps)} "
                "your class is to solve now: --steps 1 for the first."
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
