"""What a verdict looks like on a terminal, whatever stands in it."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from courseware.course import Step, load_course
from courseware.student.workspace import Conflict, LaidOut, Merge
from courseware.verdict import ApplicationReport, CheckResult, Failure, Outcome, StartFailure, TaskResult, Verdict
from courseware.views.terminal import checks_view, hint_view, laid_out_view, points, verdict_view

MINIATURE = Path(__file__).parent.parent / "miniature_course"
HOSTILE = "[bold]x[/nothing] \x1b[2J\x1b]0;t\x07 \x9b1m \u202e :smile: [link=https://example.org]"
HOSTILE_AS_SHOWN = r"[bold]x[/nothing] \x1b[2J\x1b]0;t\x07 \x9b1m \u202e :smile: [link=https://example.org]"


@pytest.fixture(scope="module")
def step() -> Step:
    return load_course(MINIATURE).step(1)


def shown(renderable: RenderableType, *, width: int = 200) -> str:
    """As it is shown on a terminal with colours, whose own colour codes are taken out again.

    The console understands markup and emoji, so that a view which relied on it not to would be found out.
    """
    console = Console(file=StringIO(), force_terminal=True, color_system=None, width=width, legacy_windows=False)
    console.print(renderable)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())


def result(
    identifier: str = "greets",
    outcome: Outcome = Outcome.PASSED,
    *,
    task: str = "1.1",
    sentence: str = "It greets.",
    failure: Failure | None = None,
    needs_failed: str | None = None,
    hint: str | None = None,
    hints: int = 1,
    detail: str | None = None,
) -> CheckResult:
    return CheckResult(
        id=identifier,
        task=task,
        sentence=sentence,
        visible=True,
        outcome=outcome,
        points=2.5 if outcome is Outcome.PASSED else 0,
        points_possible=2.5,
        failure=failure,
        needs_failed=needs_failed,
        first_hint=hint,
        hints=hints,
        detail=detail,
        seconds=0.01,
    )


def failed(identifier: str = "greets", *, task: str = "1.1", text: str = "x", hints: int = 3) -> CheckResult:
    failure = Failure(key="wrong", asked=f"asked {text}", expected=f"expected {text}", got=f"got {text}")
    return result(identifier, Outcome.FAILED, task=task, failure=failure, hint=f"hint {text}", hints=hints)


def verdict(
    *checks: CheckResult, failure: StartFailure | None = None, valid: bool = True, notes: tuple[str, ...] = ()
) -> Verdict:
    tasks = {check.task: [other for other in checks if other.task == check.task] for check in checks}
    return Verdict(
        step=1,
        title="Greeting",
        submission="a" * 64,
        checks_version="b" * 64,
        judged_by="bubblewrap",
        judged_at=datetime.now(UTC),
        seconds=0.84,
        seed=7,
        valid=valid,
        notes=notes,
        application=ApplicationReport(started=failure is None, failure=failure),
        tasks=tuple(
            TaskResult(
                id=task,
                title=f"Task {task}",
                points=sum(check.points for check in of_task),
                points_possible=sum(check.points_possible for check in of_task),
                held=all(check.outcome is Outcome.PASSED for check in of_task),
            )
            for task, of_task in tasks.items()
        ),
        checks=checks,
    )


def test_points_are_counted_in_halves(step: Step) -> None:
    text = shown(verdict_view(verdict(result(), result("refuses", task="1.2")), step))

    assert "✔  1.1   Task 1.1  2.5 / 2.5" in text
    assert "Step 1 is solved: 5 of 5 points." in text
    assert "Checks that are not shown decide about 4 more when the work is graded." in text
    assert "Judged in 0.8 s, in the sandbox. Seed 7." in text


def test_a_step_that_holds_names_the_questions_that_are_left(step: Step) -> None:
    left = "Left to do: 1 question to answer in words, in the notebook, for 1 points."

    assert left in shown(verdict_view(verdict(result()), step))
    assert left not in shown(verdict_view(verdict(result()), step, "1.1"))
    assert left not in shown(verdict_view(verdict(failed()), step))


@pytest.mark.parametrize(("value", "written"), [(3.0, "3"), (2.5, "2.5"), (0.0, "0"), (100.0, "100")])
def test_points_are_written_short(value: float, written: str) -> None:
    assert points(value) == written


def test_a_failure_is_shown_with_asked_expected_got_and_its_first_hint(step: Step) -> None:
    text = shown(verdict_view(verdict(failed(text="this")), step))

    assert "✘ greets  task 1.1\n  It greets.\n" in text
    assert "  asked     asked this\n  expected  expected this\n  got       got this\n  hint      hint this\n" in text
    assert "  more      course hint greets" in text


def test_where_there_is_one_hint_no_more_are_offered(step: Step) -> None:
    assert "course hint" not in shown(verdict_view(verdict(failed(hints=1)), step))


def test_only_the_first_task_that_fails_is_shown_in_full(step: Step) -> None:
    checks = (failed("first"), failed("second"), failed("third", task="1.2"))

    text = shown(verdict_view(verdict(*checks), step))

    assert text.count("asked asked") == 0
    assert text.count("asked     asked x") == 2
    assert "✘  1.2  third  It greets." in text
    assert "In full: course check 1 1.2" in text


def test_of_one_task_everything_is_shown_in_full(step: Step) -> None:
    checks = (failed("needed"), failed("third", task="1.2"))

    text = shown(verdict_view(verdict(*checks), step, "1.2"))

    assert text.count("asked     asked x") == 2
    assert "Task 1.1" not in text
    assert "Task 1.2 is not solved yet: 0 of 2.5 points." in text


def test_checks_that_were_not_run_are_explained(step: Step) -> None:
    waiting = [result(name, Outcome.SKIPPED, needs_failed="greets") for name in ("one", "two")]

    assert "Waiting for greets: 2 checks." in shown(verdict_view(verdict(failed(), *waiting), step))


def test_checks_after_the_end_of_the_application_are_explained(step: Step) -> None:
    text = shown(verdict_view(verdict(result(), result("one", Outcome.SKIPPED)), step))

    assert "Not run, because your application has ended: 1 check." in text


def test_a_start_that_failed_outranks_every_hint(step: Step) -> None:
    failure = StartFailure(phase="startup", text='File "app/main.py", line 3\nValueError: no')

    text = shown(verdict_view(verdict(failed(), failure=failure), step))

    assert text.startswith("Your application does not start: it fails while starting.\n")
    assert '  File "app/main.py", line 3\n  ValueError: no\n' in text
    assert "hint" not in text
    assert "0 of 2.5 points" in text


def test_a_fault_of_the_course_is_never_the_students(step: Step) -> None:
    wrong = result("greets", Outcome.ERROR, detail="ZeroDivisionError")

    text = shown(verdict_view(verdict(wrong, valid=False, notes=("A check has no name.",)), step))

    assert "This is not your mistake" in text
    assert "A check has no name." in text
    assert "greets: ZeroDivisionError" in text
    assert "points" not in text


@pytest.mark.parametrize(
    "make",
    [
        lambda: verdict(failed(text=HOSTILE)),
        lambda: verdict(result(sentence=HOSTILE), failed("other")),
        lambda: verdict(failed(), failure=StartFailure(phase="import", text=HOSTILE)),
        lambda: verdict(result("greets", Outcome.ERROR, detail=HOSTILE), valid=False),
        lambda: verdict(result(), valid=False, notes=(HOSTILE,)),
    ],
    ids=["failure", "sentence", "start", "detail", "note"],
)
@pytest.mark.parametrize("view", ["verdict", "checks"])
def test_no_text_is_markup_or_steers_the_terminal(make: Callable[[], Verdict], view: str, step: Step) -> None:
    text = shown(verdict_view(make(), step) if view == "verdict" else checks_view(make()))

    assert {character for character in text if not character.isprintable()} <= {"\n"}
    assert "🙂" not in text
    assert "😄" not in text


def test_hostile_text_is_still_there_to_be_read(step: Step) -> None:
    assert f"got       got {HOSTILE_AS_SHOWN}" in shown(verdict_view(verdict(failed(text=HOSTILE)), step))


def test_a_narrow_terminal_loses_nothing(step: Step) -> None:
    text = shown(verdict_view(verdict(failed(text="word " * 30)), step), width=40)

    assert text.count("word") == 4 * 30
    assert max(len(line) for line in text.splitlines()) <= 40


def test_a_word_too_long_for_the_terminal_loses_nothing(step: Step) -> None:
    text = shown(verdict_view(verdict(failed(text="x" * 500)), step), width=40)

    assert "…" not in text
    assert text.count("x") > 4 * 500


def test_checks_that_wait_for_waiting_ones_are_counted_with_them(step: Step) -> None:
    waiting = (
        result("one", Outcome.SKIPPED, needs_failed="greets"),
        result("two", Outcome.SKIPPED, needs_failed="one"),
    )

    assert "Waiting for greets: 2 checks." in shown(verdict_view(verdict(failed(), *waiting), step))


def test_every_check_has_a_line_of_its_own() -> None:
    text = shown(checks_view(verdict(result(), failed("other"), result("third", Outcome.SKIPPED))))

    assert [line.split()[0] for line in text.splitlines() if line] == ["✔", "✘", "·"]


def test_hints_end_with_the_last() -> None:
    assert "For the next hint: course hint greets" in shown(hint_view("greets", ["a"], 2))
    assert "That was the last hint." in shown(hint_view("greets", ["a", "b"], 2))


def test_what_was_carried_forward_is_shown_as_it_is_named(step: Step) -> None:
    conflict = Conflict("app/greeting.py", ("app/greeting.py.step_1", "app/greeting.py.step_1.merged"))
    merge = Merge({}, merged=(f"a {HOSTILE}",), conflicts=(conflict, Conflict(f"b {HOSTILE}", (f"c {HOSTILE}",))))
    laid_out = LaidOut(Path("/course/workspace/x"), new=True, before=step, merge=merge)
    view = shown(laid_out_view(step, laid_out, Path("/course")))

    rows = [line.split() for line in view.splitlines()]
    assert ["app/greeting.py", "tasks", "1.1,", "1.2"] in rows
    assert ["app/greeting.py.step_1", "as", "step", "1", "has", "it"] in rows
    assert ["app/greeting.py.step_1.merged", "both,", "with", "conflict", "markers"] in rows
    assert [letter for letter in "abc" if f"{letter} {HOSTILE_AS_SHOWN}" not in view] == []
