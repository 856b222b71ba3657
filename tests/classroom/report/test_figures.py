"""What a class's verdicts say together is counted rightly."""

from courseware.classroom.grading.grading import SubmissionResult
from courseware.classroom.report import figures
from courseware.classroom.report.figures import Seconds
from courseware.classroom.report.page import histogram
from courseware.course import Step

from .conftest import result


def test_the_class_as_a_whole(step: Step, class_of_six: list[SubmissionResult]) -> None:
    found = figures(step, class_of_six)
    assert (found.number, found.title, found.points_possible) == (1, "Greeting", 9)
    assert found.points == (0, 0, 3, 6, 9)
    assert (found.judged, found.full_marks, found.not_started) == (5, 1, 1)
    assert (found.mean_points, found.median_points) == (3.6, 3)
    assert found.unjudged == (class_of_six[-1],)
    assert found.seconds == Seconds(6, 1, 2.5, (0.5, 0.5, 1, 1.5, 2.5))


def test_tasks_and_checks(step: Step, class_of_six: list[SubmissionResult]) -> None:
    greet, refuse = figures(step, class_of_six).tasks
    assert (greet.id, greet.title, greet.points) == ("1.1", "Greet by name", 6)
    assert (greet.held, greet.partly, greet.nothing) == (1, 2, 2)
    assert greet.mean_points == (6 + 3 + 3) / 5
    assert (refuse.held, refuse.partly, refuse.nothing) == (2, 0, 3)
    counts = {check.id: (check.passed, check.failed, check.skipped) for check in (*greet.checks, *refuse.checks)}
    assert counts == {"greets": (3, 1, 1), "trims_name": (1, 2, 2), "refuses_blank_name": (2, 1, 2)}
    assert [check.visible for check in greet.checks] == [True, False]
    assert {check.judged for check in greet.checks} == {5}


def test_mistakes_come_with_the_most_common_first_and_an_example(
    step: Step, class_of_six: list[SubmissionResult]
) -> None:
    mistakes = figures(step, class_of_six).mistakes
    assert [(mistake.key, mistake.students) for mistake in mistakes] == [
        ("not_trimmed", 2),
        ("no_start_import", 1),
        ("wrong_status", 1),
        ("blank_accepted", 1),
    ]
    assert mistakes[0].got == "Hello, Bo !"
    assert mistakes[1].got.endswith("NameError: name 'aap' is not defined")


def test_of_long_texts_the_part_that_matters_is_told(step: Step) -> None:
    (mistake,) = figures(step, [result("gus", greets="wrong", got="the beginning " + "x" * 5000)]).mistakes
    assert mistake.got.startswith("the beginning x")
    assert len(mistake.got) < 500


def test_a_class_that_nobody_judged_has_figures_too(step: Step) -> None:
    found = figures(step, [SubmissionResult("ada", None, "It was not judged yet.")])
    assert (found.judged, found.mean_points, found.median_points, found.mistakes) == (0, 0, 0, ())


def test_bars_hold_every_value_once() -> None:
    drawn = histogram([0, 0.5, 1, 8.9, 9], 9, "points")
    assert [bar.count for bar in drawn.bars if bar.count] == [1, 1, 1, 2]
    assert sum(bar.count for bar in drawn.bars) == 5
    assert drawn.bars[-1].range == "8.5 to 9 points"
    assert [tick.text for tick in drawn.ticks][-1] == "9"
    assert [bar.count for bar in histogram([], 100, "points").bars] == [0] * 20
    assert [bar.count for bar in histogram([0.0], 0.0, "seconds").bars] == [1]
    assert len(histogram([3600.0], 3600.0, "seconds").bars) == 18
