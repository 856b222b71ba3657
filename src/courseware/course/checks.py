"""The files that judge a step, and the modules that its checks may import."""

from collections.abc import Iterator
from pathlib import Path

from courseware.base.tree import read_tree
from courseware.course.model import Course, Step

VARIANTS, BUGS = "variants", "bugs"
"""The folders beside the checks of a step that judges tests, alone or besides an application."""


def check_files(course: Course, step: Step, *, hidden: bool) -> tuple[Path, ...]:
    """The checks of a step, the modules that they may import, and the variants and bugs of a step that judges tests.

    Args:
        hidden: with the hidden checks. Without them it is what students are handed.
    """
    kept_back = step.hidden_checks_folder.glob("*.py") if hidden else ()
    own = (*step.checks_folder.glob("*.py"), *kept_back, *suite_files(step, hidden=hidden))
    return tuple(sorted({*importable_modules(course, step), *own}))


def suite_files(step: Step, *, hidden: bool) -> Iterator[Path]:
    """The files of the variants and bugs of a step that judges tests.

    In a step that judges an application too, the variants contain its solution. So they are hidden, all of them.
    """
    if step.judges_tests or (step.suite_patterns and hidden):
        yield from (step.checks_folder / VARIANTS / path for path in read_tree(step.checks_folder / VARIANTS))
        for folder in (step.checks_folder, *((step.hidden_checks_folder,) if hidden else ())):
            yield from (folder / BUGS).glob("*.toml")


def importable_modules(course: Course, step: Step) -> tuple[Path, ...]:
    """The modules that checks of this step may import: shared ones, its own helpers and those of earlier steps.

    A module beside the steps' folders is shared (`users`). A step's helpers are the modules of its folder that hold no
    checks. They are imported by the name of the folder (`step_3_file_upload.avatars`).
    """
    earlier = [each.checks_folder for each in course.steps if each.number <= step.number]
    helpers = [path for folder in earlier for path in folder.glob("*.py") if not _is_pytests(path)]
    return (*shared_modules(course), *helpers)


def shared_modules(course: Course) -> tuple[Path, ...]:
    """The modules that the checks of all steps may import. They import no step's helpers."""
    return tuple((course.root / "checks").glob("*.py"))


def _is_pytests(path: Path) -> bool:
    """Whether pytest reads the file for its folder alone: a file of checks, or their fixtures."""
    return path.name.startswith("test_") or path.name == "conftest.py"
