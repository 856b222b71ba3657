"""The report as one HTML page that needs nothing else: no script, no style sheet, no font, no picture from anywhere."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from courseware.reporting import charts
from courseware.reporting.figures import CheckFigures, StepFigures, TaskFigures
from courseware.views.untrusted import printable

MISTAKES = 10  # are told with an example


def page(title: str, steps: Sequence[StepFigures], made_at: datetime) -> str:
    """The page about a class. Everything in it is escaped: names and answers come from submissions."""
    return _template().render(title=title, steps=steps, made_at=made_at)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("courseware.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(number=_number, seconds=_seconds)
    environment.globals.update(
        histogram=charts.histogram,
        task_parts=_task_parts,
        check_parts=_check_parts,
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


def _task_parts(task: TaskFigures) -> tuple[charts.Part, ...]:
    return charts.parts(
        ("good", task.held, "all points"), ("partly", task.partly, "some points"), ("bad", task.nothing, "no points")
    )


def _check_parts(check: CheckFigures) -> tuple[charts.Part, ...]:
    return charts.parts(
        ("good", check.passed, "passed"), ("bad", check.failed, "failed"), ("none", check.skipped, "not reached")
    )
