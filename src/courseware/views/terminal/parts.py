"""The parts that every view is made of.

Every text becomes a `rich.text.Text` through `shown`, so that nothing in it is taken for markup or for a terminal's
control codes, whoever wrote it.
"""

from rich.table import Table
from rich.text import Text

from courseware.base.text import printable
from courseware.verdict import Outcome

SIGNS = {
    Outcome.PASSED: ("✔", "green"),
    Outcome.FAILED: ("✘", "red"),
    Outcome.SKIPPED: ("·", "dim"),
    Outcome.ERROR: ("!", "magenta"),
}


def shown(text: str, style: str = "") -> Text:
    """A text from anywhere, as it may be printed. What is too long for its place goes on in the next line."""
    return Text(printable(text), style, overflow="fold")


def points(value: float) -> str:
    """Points as they are written: 3, or 2.5."""
    return f"{value:g}"


def count(number: int, noun: str) -> str:
    """So many of something: 1 check, 2 checks."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def columns() -> Table:
    """An empty table of nothing but columns."""
    return Table.grid(padding=(0, 2, 0, 0))


def sign(outcome: Outcome) -> Text:
    """The sign of an outcome, which says it without its colour too."""
    return Text(*SIGNS[outcome])
