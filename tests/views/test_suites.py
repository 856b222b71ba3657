"""What is shown of a suite: bugs by family, what each test did with them, and a picture."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from courseware.classroom.export.gradescope import results
from courseware.classroom.export.junit import junit_xml
from courseware.classroom.grading.grading import SubmissionResult
from courseware.classroom.nbgrader.feedback import for_author
from courseware.classroom.report.figures import figures
from courseware.classroom.report.page import page
from courseware.course import load_course
from courseware.verdict import ApplicationReport, SuiteBug, SuiteReport, SuiteTest, TaskResult, Verdict
from courseware.views.html import verdict_html, verdict_text
from courseware.views.suites import explanation, families, headline, matrix, state_of
from courseware.views.terminal import verdict_view
from courseware.views.wording import STARTS

MINIATURE = Path(__file__).parent.parent / "miniature_course"
HOSTILE = "tests/test_a.py::test_x[</title><script>alert(1)</script>\x1b[2J]"
NAMES = ("tests/test_a.py::test_one", "tests/test_a.py::test_two", HOSTILE)
BUGS = (
    SuiteBug(check="first", family="Dates", task="1.1", visible=True, caught_by=1, passed=(0,), untried=(2,)),
    SuiteBug(check="second", family="Dates", task="1.1", visible=True, passed=(0, 2)),
    SuiteBug(check="third", family="Names", task="1.1", visible=True),
    SuiteBug(check="fourth", family="Names", task="1.2", visible=False, caught_by=2),
    SuiteBug(check="fifth", family="Names", task="1.2", visible=True, passed=(0,), judged=False),
)
SAID = [
    f"caught by {NAMES[1]}",
    "2 of your tests run this code and none notices it",
    "no valid test runs this code",
    f"caught by {NAMES[2]}",
    "the run with this bug did not come to its end",
]


@pytest.fixture
def report() -> SuiteReport:
    return SuiteReport(tests=tuple(SuiteTest(id=name, state="valid") for name in NAMES), bugs=BUGS)


@pytest.fixture
def verdict(report: SuiteReport) -> Verdict:
    return Verdict(
        step=1,
        title="Greeting",
        submission="0" * 64,
        checks_version="0" * 64,
        judged_by="plain",
        judged_at=datetime(2026, 11, 20, tzinfo=UTC),
        seconds=2,
        seed=1,
        valid=True,
        application=ApplicationReport(started=False, log="3 passed"),
        tasks=tuple(
            TaskResult(id=task, title="A task", points=1, points_possible=4, held=False) for task in ("1.1", "1.2")
        ),
        checks=(),
        judged="tests",
        suite=report,
    )


def test_bugs_in_words(report: SuiteReport) -> None:
    assert headline(BUGS) == "Your suite found 2 of 5 bugs."
    assert headline(BUGS[2:3]) == "Your suite found 0 of 1 bug."
    assert families(BUGS) == [("Dates", 1, 2), ("Names", 1, 3)]
    assert [state_of(bug) for bug in BUGS] == ["found", "not noticed", "not reached", "found", "not judged"]
    assert [explanation(bug, report) for bug in BUGS] == SAID


def test_picture_has_a_sign_for_each_test_that_runs_the_code(report: SuiteReport) -> None:
    picture = ElementTree.fromstring(matrix(report, BUGS))  # noqa: S314 - our own
    marks = [mark for mark in picture.iter() if mark.tag.endswith(("rect", "circle"))]
    titles = [mark[0].text or "" for mark in marks]
    assert len(titles) == 3 + 2 + 1 + 1
    assert sum("caught the bug" in title for title in titles) == 2
    assert f"{NAMES[1]}: caught the bug (Dates: first)" in titles
    assert "\x1b" not in matrix(report, BUGS)
    assert "<script>" not in matrix(report, BUGS)


def test_no_picture_of_a_suite_that_reaches_nothing(report: SuiteReport) -> None:
    assert matrix(report, BUGS[2:3]) == ""


def test_notebook_shows_the_bugs_of_its_task(verdict: Verdict) -> None:
    html, text = verdict_html(verdict, "1.1"), verdict_text(verdict, "1.1")
    for shown in (html, text):
        assert "Your suite found 1 of 3 bugs." in shown
        assert SAID[1] in shown
        assert SAID[2] in shown
        assert "fourth" not in shown
        assert "<script>" not in shown
    assert "What pytest printed" in html
    assert "<svg" in html


def test_terminal_shows_all_bugs(verdict: Verdict) -> None:
    console = Console(file=StringIO(), width=200)
    console.print(verdict_view(verdict, load_course(MINIATURE).step(1)))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Your suite found 2 of 5 bugs." in shown
    assert "Dates" in shown
    assert "1 of 2" in shown
    assert f"caught by {NAMES[1]}" in shown
    assert "\x1b" not in shown


def test_report_of_a_class_counts_each_bug_and_draws_each_suite(verdict: Verdict) -> None:
    results = [SubmissionResult("<b>ada", verdict), SubmissionResult("grace", verdict)]
    found = figures(load_course(MINIATURE).step(1), results)
    assert [(bug.check, bug.found, bug.not_noticed, bug.not_reached) for bug in found.bugs] == [
        ("first", 2, 0, 0),
        ("second", 0, 2, 0),
        ("third", 0, 0, 2),
        ("fourth", 2, 0, 0),
        ("fifth", 0, 2, 0),
    ]
    assert found.not_started == 0
    html = page("Class", [found], datetime(2026, 11, 20, tzinfo=UTC))
    assert "&lt;b&gt;ada: 2 of 5 bugs, 3 tests" in html
    assert html.count('<svg class="matrix"') == 2
    assert "<script>" not in html
    assert "did not start" not in html


def test_student_is_told_nothing_of_hidden_bugs(verdict: Verdict) -> None:
    told = for_author(verdict)
    assert told.suite is not None
    assert [bug.check for bug in told.suite.bugs] == ["first", "second", "third", "fifth"]
    assert "fourth" not in verdict_html(told, "1.2")


def test_exports_say_nothing_of_an_application(verdict: Verdict) -> None:
    """None was started."""
    step = load_course(MINIATURE).step(1)
    assert STARTS not in str(results(verdict))
    assert STARTS not in junit_xml(step, SubmissionResult("ada", verdict)).decode()
