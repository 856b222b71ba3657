"""The report as one HTML page that needs nothing else, and its charts in the units of their SVG view boxes."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from courseware.base.text import printable
from courseware.classroom.report.figures import BugFigures, CheckFigures, StepFigures, TaskFigures
from courseware.verdict import SuiteReport
from courseware.views.suites import legend, matrix

WIDTH = 480.0
HEIGHT = 150.0
GAP = 3.0
ROOM_ABOVE = 18.0  # for a bar's number
MOST_BARS = 20
MOST_TICKS = 12
ROUND = tuple(round(digit * 10.0**power, 9) for power in range(-3, 9) for digit in (1, 2, 5))
TINY = 1e-9  # what floating point may be off
MISTAKES = 10  # are told with an example


@dataclass(frozen=True)
class Bar:
    """An upright bar: its number stands above it, `range` says in words what was counted."""

    x: float
    y: float
    width: float
    height: float
    count: int
    range: str


@dataclass(frozen=True)
class Tick:
    """A mark on the axis below the bars."""

    x: float
    text: str


@dataclass(frozen=True)
class Histogram:
    """How often values fall between the ticks."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True)
class Part:
    """A piece of a lying bar, in hundredths of its length. `kind` is its colour's name in the page's style."""

    kind: str
    x: float
    width: float
    count: int
    text: str


def histogram(values: Sequence[float], highest: float, unit: str) -> Histogram:
    """Counts `values` in equal intervals of a round size, from 0 to where `highest` fits in.

    A value between two intervals counts in the upper one, the end of the last in the last.
    """
    size = next(size for size in ROUND if highest / size <= MOST_BARS)
    bins = max(1, math.ceil(highest / size - TINY))
    counts = Counter(min(int(value / size + TINY), bins - 1) for value in values)
    tallest = max(counts.values(), default=1)
    step = WIDTH / bins
    bars = []
    for number in range(bins):
        height = (HEIGHT - ROOM_ABOVE) * counts[number] / tallest
        span = f"{number * size:g} to {(number + 1) * size:g} {unit}"
        bars.append(Bar(number * step + GAP / 2, HEIGHT - height, step - GAP, height, counts[number], span))
    every = 1 if bins <= MOST_TICKS else 2
    ticks = tuple(Tick(number * step, f"{number * size:g}") for number in range(0, bins + 1, every))
    return Histogram(tuple(bars), ticks)


def parts(*counted: tuple[str, int, str]) -> tuple[Part, ...]:
    """A lying bar's pieces, one for each kind, count and text."""
    total = sum(count for _, count, _ in counted)
    made, at = [], 0.0
    for kind, count, text in counted:
        width = 100 * count / total if total else 0
        made.append(Part(kind, at, width, count, text))
        at += width
    return tuple(made)


def page(title: str, steps: Sequence[StepFigures], made_at: datetime) -> str:
    """The page about a class. Everything in it is escaped: names and answers come from submissions."""
    return _template().render(title=title, steps=steps, made_at=made_at)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("courseware.classroom.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(number=_number, seconds=_seconds)
    environment.globals.update(
        histogram=histogram,
        task_parts=_task_parts,
        check_parts=_check_parts,
        bug_parts=_bug_parts,
        matrix=_matrix,
        legend=_legend,
        percent=_percent,
        most_mistakes=MISTAKES,
    )
    return environment.get_template("page.html.jinja")


def _shown(value: object) -> object:
    """Makes visible what would steer a reader's eye, such as characters that turn the direction of writing."""
    return printable(value) if type(value) is str else value


def _number(value: float) -> str:
    """At most one decimal."""
    return f"{round(value, 1):g}"


def _seconds(value: float) -> str:
    """A time for people: 0.8 s, 42 s, 12 min 5 s."""
    if value < 10:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.0f} %" if total else "–"


def _task_parts(task: TaskFigures) -> tuple[Part, ...]:
    return parts(
        ("good", task.held, "all points"), ("partly", task.partly, "some points"), ("bad", task.nothing, "no points")
    )


def _matrix(suite: SuiteReport) -> Markup:
    return Markup(matrix(suite, suite.bugs))  # noqa: S704 - it escapes what comes from submissions


def _legend() -> Markup:
    return Markup(legend())  # noqa: S704 - it has nothing from submissions


def _bug_parts(bug: BugFigures) -> tuple[Part, ...]:
    return parts(
        ("good", bug.found, "found"),
        ("bad", bug.not_noticed, "reached and not noticed"),
        ("none", bug.not_reached, "not reached"),
    )


def _check_parts(check: CheckFigures) -> tuple[Part, ...]:
    return parts(
        ("good", check.passed, "passed"), ("bad", check.failed, "failed"), ("none", check.skipped, "not reached")
    )
