"""A submission is judged: what is run, what is counted, and what the verdict says of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.course import Course, load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import catalogue, judge
from courseware.verdict import CheckResult, Outcome, Verdict

MINIATURE = load_course(Path(__file__).parent.parent / "miniature_course")
REFERENCE = finish(MINIATURE, 1)
GREETING = "app/greeting.py"


def judged(tree: dict[str, bytes], course: Course = MINIATURE, **options: object) -> Verdict:
    """The verdict about step 1, hidden checks included."""
    return judge(course, course.step(1), tree, **{"hidden": True, "sandbox": "plain", **options})  # type: ignore[arg-type]


def with_greeting(old: str, new: str) -> dict[str, bytes]:
    """The reference with something else in its greeting."""
    text = REFERENCE[GREETING].decode()
    assert old in text
    return {**REFERENCE, GREETING: text.replace(old, new).encode()}


def outcomes(verdict: Verdict) -> dict[str, Outcome]:
    return {check.id: check.outcome for check in verdict.checks}


def result(verdict: Verdict, identifier: str) -> CheckResult:
    return next(check for check in verdict.checks if check.id == identifier)


def test_reference_holds_and_gets_every_point() -> None:
    verdict = judged(REFERENCE)
    assert verdict.held
    assert [(task.id, task.points, task.points_possible) for task in verdict.tasks] == [("1.1", 6, 6), ("1.2", 3, 3)]
    assert verdict.judged_by == "plain"
    assert verdict.application.started


@pytest.mark.bubblewrap
def test_reference_holds_in_bubblewrap() -> None:
    verdict = judged(REFERENCE, sandbox="bubblewrap")
    assert verdict.held
    assert verdict.judged_by == "bubblewrap"


def test_starter_holds_nothing_and_the_student_sees_where_it_stopped() -> None:
    verdict = judged(start(MINIATURE, 1))
    assert Outcome.PASSED not in outcomes(verdict).values()
    failure = result(verdict, "greets").failure
    assert failure is not None
    assert failure.key == "wrong_status"
    assert failure.got.endswith("(NotImplementedError: Task 1.1, app/greeting.py line 10)")
    assert result(verdict, "greets").first_hint == "Look at the route."


def test_what_needs_a_failed_check_is_skipped_and_names_it() -> None:
    verdict = judged(with_greeting(", {name}!", ", you!"))
    assert outcomes(verdict) == {
        "greets": Outcome.FAILED,
        "trims_name": Outcome.SKIPPED,
        "refuses_blank_name": Outcome.SKIPPED,
    }
    assert result(verdict, "trims_name").needs_failed == "greets"
    assert verdict.points == 0


def test_hidden_checks_run_only_when_asked_for() -> None:
    assert "trims_name" not in outcomes(judged(REFERENCE, hidden=False))
    assert not result(judged(REFERENCE), "trims_name").visible


REMEMBERS = '''"""Answers with everything that it was ever asked."""

from app.web import Reply

asked: list[str] = []


def greet(query: dict[str, str]) -> Reply:
    """All names so far."""
    asked.append(query.get("name", ""))
    return 200, {"greeting": " ".join(asked)}
'''


def test_hidden_data_is_in_no_visible_failure_whatever_the_order(course: Course) -> None:
    """Hidden checks come last, and find an application that does not know the visible ones either."""
    hidden = course.step(1).hidden_checks_folder / "test_greeting_hidden.py"
    hidden.write_text(hidden.read_text().replace("  {name}  ", "  hidden {name}  ").replace(', needs=("greets",)', ""))
    visible = course.step(1).checks_folder / "test_greeting.py"
    visible.write_text(visible.read_text().replace(', needs=("greets",)', "").replace('""}', '"visible"}'))
    for seed in range(6):
        verdict = judged({**REFERENCE, GREETING: REMEMBERS.encode()}, course, seed=seed)
        for check in verdict.checks:
            assert check.failure is not None
            other = "visible" if check.id == "trims_name" else "hidden"
            assert other not in check.failure.got, seed


def test_one_task_alone_with_what_its_checks_need() -> None:
    verdict = judged(REFERENCE, tasks=("1.2",))
    assert set(outcomes(verdict)) == {"greets", "refuses_blank_name"}
    assert [task.id for task in verdict.tasks] == ["1.2"]
    assert verdict.points == verdict.points_possible == 3


def test_unknown_task_is_wrong_use() -> None:
    with pytest.raises(UsageError, match=r"no task '7\.7'"):
        judged(REFERENCE, tasks=("7.7",))


def test_same_seed_gives_the_same_verdict_but_for_times() -> None:
    first, second = (judged(with_greeting(", {name}!", ", you!"), seed=5) for _ in range(2))

    def timeless(verdict: Verdict) -> dict[str, object]:
        times = {"checks": {"__all__": {"seconds"}}, "seconds": True, "judged_at": True, "application": {"log"}}
        return verdict.model_dump(exclude=times)  # type: ignore[arg-type]

    assert timeless(first) == timeless(second)
    asked = {judged(with_greeting(", {name}!", ", you!"), seed=seed).checks[0].failure for seed in range(8)}
    assert len(asked) > 1, "the seed does not reach the data"


@pytest.mark.parametrize("sandbox", ["plain", pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)])
def test_the_verdict_has_what_the_application_printed(sandbox: str) -> None:
    verdict = judged(with_greeting("    name = ", "    print('I was asked for', query)\n    name = "), sandbox=sandbox)
    assert "I was asked for {'name': " in verdict.application.log


def test_digest_tells_submissions_apart() -> None:
    assert judged(REFERENCE).submission == judged(dict(reversed(REFERENCE.items()))).submission
    assert judged(REFERENCE).submission != judged(with_greeting("blank", "empty")).submission


@pytest.mark.parametrize(
    ("broken", "phase", "said"),
    [
        ("def broken(:", "import", "greeting.py"),
        ("import no_such_library", "import", "no_such_library"),
        ("import os; os._exit(0)", "ended", ""),
        ("raise SystemExit(0)", "import", "SystemExit"),
    ],
)
def test_application_that_does_not_start_outranks_every_hint(broken: str, phase: str, said: str) -> None:
    verdict = judged(with_greeting("import os", broken))
    failure = verdict.application.failure
    assert not verdict.application.started
    assert failure is not None
    assert failure.phase == phase
    assert said in failure.text
    assert set(outcomes(verdict).values()) == {Outcome.SKIPPED}
    assert all(check.first_hint is None for check in verdict.checks)
    assert not verdict.held


def test_application_that_a_check_brings_down_is_started_again_for_the_next() -> None:
    verdict = judged(with_greeting("    if not name:", "    if not name:\n        os._exit(3)"))
    assert outcomes(verdict) == {
        "greets": Outcome.PASSED,
        "trims_name": Outcome.PASSED,
        "refuses_blank_name": Outcome.FAILED,
    }
    failure = result(verdict, "refuses_blank_name").failure
    assert failure is not None
    assert failure.key == "application_ended"


ENDING_CHECKS = '''"""Many checks that end some applications, and one that does not."""

from courseware.checking import Application, Request, check


def ending(number):
    @check(task="1.2", points=1, hints=("Stay up.",))
    def test(application: Application) -> None:
        """A blank name answers 422."""
        application.send(Request("GET", "/greeting", query={"name": ""})).expect_status(422, key="blank_accepted")

    return test


globals().update({f"test_blank_{number}": ending(number) for number in range(6)})


@check(task="1.1", points=1, hints=("Greet.",))
def test_greets(application: Application) -> None:
    """A greeting answers 200."""
    application.send(Request("GET", "/greeting", query={"name": "Ada"})).expect_status(200, key="wrong_status")
'''


def test_a_check_does_not_lose_by_the_many_that_end_the_application(course: Course) -> None:
    (course.step(1).checks_folder / "test_greeting.py").write_text(ENDING_CHECKS)
    tree = with_greeting("    if not name:", "    if not name:\n        os._exit(3)")
    for seed in range(3):
        verdict = judged(tree, course, hidden=False, seed=seed)
        assert {check for check, outcome in outcomes(verdict).items() if outcome is Outcome.PASSED} == {"greets"}


def test_clock_is_the_applications_alone() -> None:
    before = datetime.now(UTC)
    verdict = judge(MINIATURE, MINIATURE.step(2), finish(MINIATURE, 2), sandbox="plain")
    assert verdict.held
    assert before <= verdict.judged_at <= datetime.now(UTC)


def test_users_own_pytest_settings_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert judged(REFERENCE).held


def test_helpers_are_read_anew_from_each_course(course: Course) -> None:
    """Also in a process that judges several courses: a helper's folder is a package, which Python would remember."""
    assert judged(REFERENCE, MINIATURE).held
    helper = course.step(1).checks_folder / "asking.py"
    helper.write_text(helper.read_text().replace("200", "201"))
    verdict = judged(REFERENCE, course)
    assert result(verdict, "trims_name").outcome is Outcome.FAILED
    assert judged(REFERENCE, MINIATURE).held


def test_check_that_is_broken_itself_is_no_loss_of_the_student(course: Course) -> None:
    path = course.step(1).checks_folder / "test_greeting.py"
    path.write_text(path.read_text().replace('key="blank_accepted"', "key=1/0"))
    verdict = judged(REFERENCE, course)
    broken = result(verdict, "refuses_blank_name")
    assert broken.outcome is Outcome.ERROR
    assert "ZeroDivisionError" in (broken.detail or "")
    assert not verdict.valid
    assert not verdict.held


@pytest.mark.parametrize(
    ("find", "replace", "said"),
    [
        ('"""A blank name answers 422."""', "pass", "needs @check"),
        ('\n\n@check(task="1.2"', '\n\n@pytest.mark.check(task="1.2"', "cannot be read"),
        ('needs=("greets",)', 'needs=("refuses_blank_name",)', "need each other: refuses_blank_name"),
        ('needs=("greets",)', 'needs=("greats",)', "greats"),
        ("from courseware.checking import", "from courseware.chequing import", "cannot be read"),
        ('task="1.2"', 'task="1.7"', "1.7"),
        ('needs=("greets",)', 'needs=("trims_name",)', "trims_name', which is hidden"),
    ],
)
def test_spoilt_checks_give_no_valid_verdict(course: Course, find: str, replace: str, said: str) -> None:
    path = course.step(1).checks_folder / "test_greeting.py"
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, replace))
    with pytest.raises(UsageError, match=said):
        catalogue(course, course.step(1), hidden=True)
    verdict = judged(REFERENCE, course)
    assert not verdict.valid
    assert said in "".join(verdict.notes)


def test_catalogue_tells_of_every_check_without_running_it() -> None:
    entries = catalogue(MINIATURE, MINIATURE.step(1), hidden=True)
    assert [(entry.id, entry.task, entry.points, entry.visible) for entry in entries] == [
        ("greets", "1.1", 3, True),
        ("trims_name", "1.1", 3, False),
        ("refuses_blank_name", "1.2", 3, True),
    ]
    assert entries[0].sentence == "GET /greeting answers 200 with a greeting for the name."
    assert len(entries[0].hints) == 3
    assert [entry.id for entry in catalogue(MINIATURE, MINIATURE.step(1))] == ["greets", "refuses_blank_name"]
