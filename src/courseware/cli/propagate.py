"""`course propagate`: carries a change of the application through its stages, the starters and the known mistakes."""

from pathlib import Path
from typing import Annotated

import typer

from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.cli.common import FAILED, console
from courseware.course import find_course
from courseware.verdict import Outcome
from courseware.views.terminal.verdict import shown, sign


def propagate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="In solutions/: the finished file, or an earlier one.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would change.")] = False,
) -> None:
    """Carry what has changed in FILE since the last commit into its other versions and into the known mistakes.

    Look at `git diff` before you commit. Exit code 1: a person has to do the rest.
    """
    try:
        from courseware.author.propagation import propagate as carry
    except ModuleNotFoundError as missing:
        raise UsageError(f"This needs the package {missing.name}: pip install 'courseware[author]'") from None
    course = find_course()
    done = carry(course, file.resolve())
    if not dry_run:
        write_tree(done.files, course.root)
    screen = console()
    for place in done.files:
        screen.print(sign(Outcome.PASSED), "would change" if dry_run else "changed", shown(place), soft_wrap=True)
    for sentence in done.left:
        screen.print(sign(Outcome.FAILED), shown(sentence), soft_wrap=True)
    if not done.files and not done.left:
        screen.print("No other file contains the changed text.")
    if done.left:
        raise typer.Exit(FAILED)
