"""The report as a table, as CSV and as a page: complete, and safe to look at."""

import csv
import io
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from courseware.classroom.grading.grading import SubmissionResult
from courseware.classroom.report import figures
from courseware.classroom.report.page import page
from courseware.classroom.report.tables import HEADINGS, report_view, spreadsheet
from courseware.course import Step

from .conftest import result

PLACES = ("src", "href", "action", "style")
MADE_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Elements(HTMLParser):
    """Counts a page's elements, and gathers attributes that name another place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.places: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.places += [
            name for name, _ in attrs if name in ("src", "href", "action", "style") or name.startswith("on")
        ]


@pytest.fixture
def html(step: Step, class_of_six: list[SubmissionResult]) -> str:
    return page("The greeter", [figures(step, class_of_six)], MADE_AT)


def test_the_page_tells_all_of_it(html: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for told in (
        "The greeter", "Step 1: Greeting", "5 submissions judged", "median of 9 points (mean 3.6)",
        "data.bin is larger than 4 MiB.", "Greet by name", "2.4 of 6", "hidden from students", "not_trimmed",
        "NameError: name &#39;aap&#39; is not defined", "1.0 s is the median", "2026-11-20 at 12:00 UTC",
    ):  # fmt: skip
        assert told in text
    assert html.count('class="mistake"') == 4


def test_nothing_of_a_submission_works_on_the_page(html: str) -> None:
    elements = Elements(html)
    assert "script" not in elements.names
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert r"\u202e" in html


def test_the_page_needs_nothing_else(html: str) -> None:
    elements = Elements(html)
    assert elements.places == []
    assert not {"link", "img", "iframe", "object", "base"} & set(elements.names)
    assert "@import" not in html
    assert "url(" not in html
    assert "//" not in html
    assert "prefers-color-scheme: dark" in html


def test_the_page_of_a_class_without_a_verdict_says_who_waits(step: Step) -> None:
    html = page("The greeter", [figures(step, [SubmissionResult("ada", None, "It was not judged yet.")])], MADE_AT)
    assert "It was not judged yet." in html
    assert "Most common mistakes" not in html


def test_rarer_mistakes_are_listed_briefly(step: Step) -> None:
    html = page("The greeter", [figures(step, [result(f"s{n}", greets=f"key_{n}") for n in range(13)])], MADE_AT)
    assert html.count('class="mistake"') == 10
    assert "<summary>3 more</summary>" in html


def test_csv_has_a_line_for_every_check_and_message_key(step: Step, class_of_six: list[SubmissionResult]) -> None:
    lines = list(csv.DictReader(io.StringIO(spreadsheet([figures(step, class_of_six)]))))
    assert tuple(lines[0]) == HEADINGS
    assert [(line["check"], line["message key"], line["students"]) for line in lines] == [
        ("", "no_start_import", "1"),
        ("greets", "wrong_status", "1"),
        ("trims_name", "not_trimmed", "2"),
        ("refuses_blank_name", "blank_accepted", "1"),
    ]
    trims = lines[2]
    assert (trims["judged"], trims["passed"], trims["failed"], trims["not reached"]) == ("5", "1", "2", "2")
    assert (trims["task"], trims["hidden"], trims["points"]) == ("1.1", "hidden", "3.0")
    assert lines[1]["came"] == '\'=HYPERLINK("x")'


def test_csv_has_checks_that_nobody_fails(step: Step) -> None:
    lines = list(csv.DictReader(io.StringIO(spreadsheet([figures(step, [result("ada")])]))))
    assert [(line["check"], line["message key"], line["students"]) for line in lines] == [
        ("greets", "", "0"),
        ("trims_name", "", "0"),
        ("refuses_blank_name", "", "0"),
    ]


def test_the_table_fits_a_terminal_and_steers_nothing(step: Step, class_of_six: list[SubmissionResult]) -> None:
    screen = Console(file=io.StringIO(), width=100, force_terminal=True, color_system="truecolor")
    screen.print(report_view([figures(step, class_of_six)]))
    assert isinstance(screen.file, io.StringIO)
    shown = re.sub(r"\x1b\[[\d;]*m", "", screen.file.getvalue())
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
    for told in (
        "5 submissions judged, 1 with full marks, 1 did not start; median 3 of 9 points", "data.bin is larger than",
        "trims_name (hidden)", "2 × not_trimmed", "blank_accepted", "6 s to judge them all",
    ):  # fmt: skip
        assert told in " ".join(shown.split())
