"""Check cells: the real function, the real judge, and a view that nothing from a submission can break out of."""

import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.stages import finish
from courseware.student.workspace import Workspace
from courseware.verdict import (
    ApplicationReport,
    CheckResult,
    Failure,
    Outcome,
    StartFailure,
    TaskResult,
    Verdict,
)
from courseware.views.html import message_html, verdict_html, verdict_text

NASTY = '</pre></td><script>alert("1")</script><img src=x onerror=y> & \x1b[31m \u202e'


@pytest.fixture
def folder(course: Course) -> Path:
    return Workspace(course).start(course.step(1)).folder


def cell(folder: Path, code: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """What a cell with `code` prints, in a Python that is no notebook."""
    return subprocess.run(
        [sys.executable, *options, "-c", f"from courseware.notebook import check\n{code}"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_untouched_start_does_not_hold(folder: Path) -> None:
    shown = cell(folder, "check('1.1')")
    assert "Task 1.1" in shown.stdout
    assert "✘" in shown.stdout
    assert "NotImplementedError" in shown.stdout
    assert (shown.returncode, shown.stderr) == (0, "")


def test_the_reference_holds(course: Course, folder: Path) -> None:
    write_tree(finish(course, 1), folder)
    shown = cell(folder, "check('1.1')")
    assert "✔ solved" in shown.stdout
    assert "✘" not in shown.stdout
    assert "Next: task 1.2, Refuse a blank name: course check 1 1.2" in shown.stdout
    assert (shown.returncode, shown.stderr) == (0, "")


def test_every_cell_judges_what_was_saved_before_it(course: Course, folder: Path) -> None:
    correct = finish(course, 1)["app/greeting.py"].decode()
    write = f"Path('app/greeting.py').write_text({correct!r})"
    shown = cell(folder, f"from pathlib import Path\ncheck('1.1')\n{write}\ncheck('1.1')")
    before, after = shown.stdout.split("Judging task")[1:]
    assert "NotImplementedError" in before
    assert "✔ solved" in after
    assert (shown.returncode, shown.stderr) == (0, "")


def test_in_a_folder_that_is_gone_it_says_so(tmp_path: Path) -> None:
    # A kernel has imported IPython already. In a folder that is gone, Python 3.13.0 cannot: its `socket` fails.
    shown = cell(
        tmp_path, f"import os, IPython\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('{tmp_path}/gone')\ncheck('1.1')"
    )
    assert "its folder is gone" in shown.stdout
    assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize("task", ["'9.9'", "'nonsense'", "''", "1.1", "None", "'1.9'", "'--help'"])
def test_whatever_is_asked_for_nothing_is_raised(folder: Path, task: str) -> None:
    shown = cell(folder, f"check({task})")
    assert shown.stdout.strip()
    assert (shown.returncode, shown.stderr) == (0, "")


def test_outside_a_course_it_says_so(tmp_path: Path) -> None:
    shown = cell(tmp_path, "check('1.1')")
    assert "No course here" in shown.stdout
    assert (shown.returncode, shown.stderr) == (0, "")


def test_files_named_like_modules_of_python_do_no_harm(folder: Path) -> None:
    for name in ("json", "typing", "pytest"):
        (folder / f"{name}.py").write_text("raise RuntimeError('not this one')")
    shown = cell(folder, "check('1.1')", "-P")
    assert "Task 1.1" in shown.stdout
    assert "not this one" not in shown.stdout


class Tags(HTMLParser):
    """Collects a document's tags and text, and that every tag is closed in its turn."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name not in ("class", "open")]
        self.seen.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def verdict(
    *checks: CheckResult, failure: StartFailure | None = None, valid: bool = True, notes: tuple[str, ...] = ()
) -> Verdict:
    earned = sum(check.points for check in checks)
    return Verdict(
        step=1,
        title="Step",
        submission="0" * 64,
        checks_version="0" * 64,
        judged_by="bubblewrap",
        judged_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=0.5,
        seed=7,
        valid=valid,
        notes=notes,
        application=ApplicationReport(started=failure is None, failure=failure, log=f"printed {NASTY}"),
        tasks=(TaskResult(id="1.1", title=f"Title {NASTY}", points=earned, points_possible=4, held=False),),
        checks=checks,
    )


def result(identifier: str, outcome: Outcome, **more: object) -> CheckResult:
    values = {
        "id": identifier,
        "task": "1.1",
        "sentence": f"{identifier} is demanded {NASTY}",
        "visible": True,
        "outcome": outcome,
        "points": 2 if outcome is Outcome.PASSED else 0,
        "points_possible": 2,
        "seconds": 0.1,
    }
    return CheckResult.model_validate({**values, **more})


FAILURE = Failure(key="status", asked=f"GET /{NASTY}", expected="200", got=f"500 {NASTY}")


def test_nothing_from_a_submission_becomes_markup_or_steers_a_terminal() -> None:
    judged = verdict(
        result("first", Outcome.FAILED, failure=FAILURE, first_hint=f"Look {NASTY}", hints=3),
        result("second", Outcome.SKIPPED, needs_failed="first"),
        result("third", Outcome.PASSED),
    )
    tags = Tags(verdict_html(judged, "1.1"))
    assert tags.open == []
    assert not {"script", "img"} & set(tags.seen)
    for shown in (tags.text, verdict_text(judged, "1.1")):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert '<script>alert("1")</script>' in shown


def test_what_failed_first_is_unfolded_and_what_waits_is_counted() -> None:
    judged = verdict(
        result("first", Outcome.FAILED, failure=FAILURE),
        result("second", Outcome.FAILED, failure=FAILURE),
        result("third", Outcome.SKIPPED, needs_failed="first"),
        result("fourth", Outcome.SKIPPED, needs_failed="first"),
    )
    shown = verdict_html(judged, "1.1")
    assert shown.count("<details open>") == 1
    assert shown.index("<details open>") < shown.index("first is demanded")
    assert "2 more wait for checks that fail" in shown


def test_what_an_ended_application_left_out_is_not_said_to_wait() -> None:
    judged = verdict(result("first", Outcome.FAILED, failure=FAILURE), result("second", Outcome.SKIPPED))
    assert "1 more was not run, because your application has ended" in verdict_html(judged, "1.1")


def test_hints_are_folded_in_and_the_next_ones_named() -> None:
    failed = result("first", Outcome.FAILED, failure=FAILURE, first_hint="Look at the route.", hints=3)
    shown = verdict_html(verdict(failed), "1.1")
    assert "<details><summary>Hint</summary><p>Look at the route.</p>" in shown
    assert "course hint first" in shown
    last = result("first", Outcome.FAILED, failure=FAILURE, first_hint="Look at the route.", hints=1)
    assert "course hint" not in verdict_html(verdict(last), "1.1")


def test_a_check_of_another_task_is_shown_when_this_one_waits_for_it() -> None:
    judged = verdict(
        result("created", Outcome.FAILED, failure=FAILURE, task="1.0"),
        result("unrelated", Outcome.FAILED, failure=FAILURE, task="1.0"),
        result("listed", Outcome.SKIPPED, needs_failed="created"),
    )
    shown = verdict_html(judged, "1.1")
    assert "created is demanded" in shown
    assert "unrelated" not in shown


def test_an_application_that_does_not_start_outranks_every_check() -> None:
    failure = StartFailure(phase="import", text=f'File "app/main.py", line 3\nNameError {NASTY}')
    judged = verdict(result("first", Outcome.SKIPPED, first_hint="Look."), failure=failure)
    for shown in (Tags(verdict_html(judged, "1.1")).text, verdict_text(judged, "1.1")):
        assert "it cannot be imported" in shown
        assert 'File "app/main.py", line 3' in shown
        assert "first is demanded" not in shown


def test_a_fault_of_the_course_is_never_shown_as_the_students() -> None:
    judged = verdict(result("first", Outcome.ERROR, detail="KeyError in the check"), valid=False, notes=("It broke.",))
    for shown in (Tags(verdict_html(judged, "1.1")).text, verdict_text(judged, "1.1")):
        assert "not your mistake" in shown
        assert "KeyError in the check" in shown
        assert "It broke." in shown
        assert "0 of" not in shown


def test_a_message_is_escaped_too() -> None:
    tags = Tags(message_html(f"Not judged {NASTY}", NASTY))
    assert tags.open == []
    assert not {"script", "img"} & set(tags.seen)
