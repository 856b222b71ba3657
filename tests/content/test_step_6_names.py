"""The names that a student's tests may import: the lesson of step 6 lists those that its check allows."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "lessons" / "step_6_testing" / "README.md"
CHECK = ROOT / "checks" / "step_6_testing" / "test_1_stands.py"
ROW = re.compile(r"^\| `(?P<module>app\.[\w.]+)` \| (?P<names>.+) \|$", re.MULTILINE)
WHOLE_MODULES = {"app.core.clock", "app.services.avatars"}
"""Tests replace names in these modules, so they may import the modules themselves."""


def listed_in_the_lesson() -> set[str]:
    """The full names in the table of the lesson."""
    rows = {row["module"]: re.findall(r"`(\w+)`", row["names"]) for row in ROW.finditer(LESSON.read_text("utf-8"))}
    names = {f"{module}.{name}" for module, listed in rows.items() if module not in WHOLE_MODULES for name in listed}
    return names | (WHOLE_MODULES & set(rows))


def allowed_by_the_check() -> set[str]:
    """The value of NAMES. The module is read and not imported, because only the judge imports checks."""
    for statement in ast.parse(CHECK.read_bytes()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "NAMES":
            return set(ast.literal_eval(statement.value))
    raise AssertionError("the check has no NAMES")


def test_the_lesson_lists_the_names_that_the_check_allows() -> None:
    assert listed_in_the_lesson() == allowed_by_the_check()
