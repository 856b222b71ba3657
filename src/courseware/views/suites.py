"""What a verdict says about a test suite: the bugs that it found, by family and by test, in words and as a picture."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from courseware.base.text import printable
from courseware.verdict import SuiteBug, SuiteReport

SIGNS = {"found": "✔", "not noticed": "✘", "not reached": "○", "not judged": "!"}
MOST_ROWS = 120
CELL, ROW, NAME = 16, 14, 300
LONGEST_NAME = 48
COLOURS = {
    "caught": "var(--jp-success-color1,#2e7d32)",
    "passed": "var(--jp-error-color1,#d32f2f)",
    "untried": "currentColor",
}
LEGEND = (
    ("caught", "caught the bug"),
    ("passed", "runs the code with the bug and passes"),
    ("untried", "runs the code; the bug was caught before"),
)


def state_of(bug: SuiteBug) -> str:
    """What became of a bug: a key of SIGNS."""
    if not bug.judged:
        return "not judged"
    if bug.caught_by is not None:
        return "found"
    return "not noticed" if bug.passed else "not reached"


def headline(bugs: Sequence[SuiteBug]) -> str:
    """How many of these bugs the suite found."""
    found = sum(bug.caught_by is not None for bug in bugs)
    return f"Your suite found {found} of {len(bugs)} {'bug' if len(bugs) == 1 else 'bugs'}."


def families(bugs: Sequence[SuiteBug]) -> list[tuple[str, int, int]]:
    """Each family with how many of its bugs were found, and how many it has."""
    found = Counter(bug.family for bug in bugs if bug.caught_by is not None)
    return [(family, found[family], count) for family, count in Counter(bug.family for bug in bugs).items()]


def explanation(bug: SuiteBug, report: SuiteReport) -> str:
    """What the tests did with a bug."""
    match state_of(bug):
        case "found":
            assert bug.caught_by is not None
            return f"caught by {report.tests[bug.caught_by].id}"
        case "not noticed":
            if len(bug.passed) == 1:
                return "1 test runs this code and does not notice it"
            return f"{len(bug.passed)} of your tests run this code and none notices it"
        case "not reached":
            return "no valid test runs this code"
    return "the run with this bug did not come to its end"


def invalid_tests(report: SuiteReport) -> list[tuple[str, str]]:
    """The tests that count for nothing, and why."""
    return [(test.id, test.text) for test in report.tests if test.state not in ("valid", "skipped")]


def matrix(report: SuiteReport, bugs: Sequence[SuiteBug]) -> str:
    """A picture (SVG) with a row for each test that runs code with a bug, and a column for each of these bugs."""
    cells = [_cells(bug) for bug in bugs]
    rows = sorted({test for column in cells for test in column})[:MOST_ROWS]
    if not rows:
        return ""
    width, height = NAME + CELL * len(bugs), ROW * (len(rows) + 1)
    parts = [
        f'<svg class="matrix" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(headline(bugs))}" style="max-width:100%;font:10px sans-serif;fill:currentColor">'
    ]
    for column, bug in enumerate(bugs):
        x = NAME + CELL * column + CELL / 2
        parts.append(f'<text x="{x}" y="10" text-anchor="middle">{_title(_named(bug))}{column + 1}</text>')
    for place, test in enumerate(rows):
        y = ROW * (place + 1)
        name = printable(report.tests[test].id)
        shown = name if len(name) <= LONGEST_NAME else f"…{name[-LONGEST_NAME:]}"
        parts.append(
            f'<text x="{NAME - 6}" y="{y + 10}" text-anchor="end" style="text-anchor:end">'
            f"{_title(name)}{escape(shown)}</text>"
        )
        for column, bug in enumerate(bugs):
            state = cells[column].get(test)
            if state is not None:
                x = NAME + CELL * column
                parts.append(_mark(state, x, y, f"{name}: {dict(LEGEND)[state]} ({_named(bug)})"))
    return "".join([*parts, "</svg>"])


def legend() -> str:
    """What the signs in a matrix mean, in HTML."""
    signs = "".join(
        f'<span style="margin-right:1.2em;white-space:nowrap"><svg viewBox="0 0 {CELL} {ROW}" '
        f'style="display:inline;width:{CELL}px;height:{ROW}px;vertical-align:middle">{_mark(kind, 0, 0, text)}</svg> '
        f"{text}</span>"
        for kind, text in LEGEND
    )
    return f"<p>{signs}</p>"


def _cells(bug: SuiteBug) -> dict[int, str]:
    caught = {} if bug.caught_by is None else {bug.caught_by: "caught"}
    return {**dict.fromkeys(bug.untried, "untried"), **dict.fromkeys(bug.passed, "passed"), **caught}


def _mark(kind: str, x: float, y: float, text: str) -> str:
    """A sign that can be told from the others without its colour: a full square, a ring, a dot."""
    colour = COLOURS[kind]
    middle_x, middle_y = x + CELL / 2, y + ROW / 2
    match kind:
        case "caught":
            shape = f'<rect x="{x + 3}" y="{y + 2}" width="10" height="10" rx="2" style="fill:{colour}">'
            return f"{shape}{_title(text)}</rect>"
        case "passed":
            style = f"fill:none;stroke:{colour};stroke-width:2"
            return f'<circle cx="{middle_x}" cy="{middle_y}" r="4" style="{style}">{_title(text)}</circle>'
    style = f"fill:{colour};opacity:.45"
    return f'<circle cx="{middle_x}" cy="{middle_y}" r="2" style="{style}">{_title(text)}</circle>'


def _named(bug: SuiteBug) -> str:
    return f"{bug.family}: {bug.check}"


def _title(text: str) -> str:
    return f"<title>{escape(printable(text))}</title>"
