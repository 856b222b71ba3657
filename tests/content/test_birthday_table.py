"""The table of examples in the lesson about birthdays is right, and the checks use other dates."""

import re
from calendar import isleap
from datetime import date
from pathlib import Path

import pytest

from courseware.course import load_course

COURSE = load_course(Path(__file__).parents[2])
STEP = next(step for step in COURSE.steps if step.slug == "step_5_redis_caching")
DAY = r"(\d{4}-\d{2}-\d{2})"
ROW = re.compile(rf"^\| {DAY} \| {DAY} \| (?:{DAY}|not in the list) \| (\d*) ?\|", re.MULTILINE)
ROWS = ROW.findall((STEP.lesson_folder / "README.md").read_text(encoding="utf-8"))
DAYS = 7


def kept_next(born: date, today: date) -> date:
    """The next day on which a birthday is kept, by the rule of the lesson and by nothing else that the course has."""
    for year in (today.year, today.year + 1):
        is_moved = (born.month, born.day) == (2, 29) and not isleap(year)
        kept = date(year, 2, 28) if is_moved else born.replace(year=year)
        if kept >= today:
            return kept
    raise AssertionError


def test_it_has_twelve_rows() -> None:
    assert len(ROWS) == 12


@pytest.mark.parametrize("row", ROWS, ids="-".join)
def test_each_row_is_right(row: tuple[str, str, str, str]) -> None:
    today, born = map(date.fromisoformat, row[:2])
    kept = kept_next(born, today)
    until = (kept - today).days
    assert row[2:] == ((kept.isoformat(), str(until)) if until <= DAYS else ("", ""))


def test_the_checks_use_other_dates() -> None:
    """They take place in other years than the table."""
    years = {int(row[0][:4]) for row in ROWS}
    helper = (STEP.checks_folder / "people.py").read_text(encoding="utf-8")
    [first] = re.findall(r"^YEARS = range\((\d{4}),", helper, re.MULTILINE)
    assert max(years) < int(first)
