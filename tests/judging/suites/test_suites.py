"""A suite is judged by the bugs that it finds, and by what it demands of correct applications."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import write_tree
from courseware.classroom.kit.contents import kit_files
from courseware.course import Course, load_course
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind, suite_process
from courseware.judging.sandbox.suite_process import SuitePackage
from courseware.judging.suites.running import SuiteRun, SuiteRunner

from .conftest import SEED, STEP, Judged, caught, failures

ALL = ["same_greeting_for_all", "name_not_trimmed", "date_never_changes", "blank_name_greeted"]
GREETING = "test_greeting.py"
IMPORTS = "from app.main import create_app\napplication = create_app()\n"
GREETS = (
    'def test_greets():\n    _, body = application.reply("/greeting", {"name": "Ada"})\n'
    '    assert body["greeting"] == "Hello, Ada!"\n'
)


def test_reference_finds_every_bug(judged: Judged, kind: SandboxKind) -> None:
    verdict = judged({}, kind)
    assert failures(verdict) == {}
    assert caught(verdict) == ALL
    assert verdict.held
    assert verdict.points == verdict.points_possible == 10
    assert not verdict.application.started
    assert not verdict.has_no_start
    assert "5 passed" in verdict.application.log
    assert verdict.suite is not None
    assert [test.state for test in verdict.suite.tests] == ["valid"] * 5
    same = next(bug for bug in verdict.suite.bugs if bug.check == "same_greeting_for_all")
    assert same.caught_by is not None
    assert "test_greeting.py" in verdict.suite.tests[same.caught_by].id
    assert (same.family, same.task, same.visible) == ("The name", "3.2", True)


def test_application_of_the_student_is_ignored(judged: Judged, reference: Mapping[str, bytes]) -> None:
    verdict = judged({"../app/greeting.py": "raise RuntimeError\n"})
    assert reference["app/greeting.py"] != b"raise RuntimeError\n"
    assert verdict.held


@pytest.mark.parametrize("hidden", [True, False])
def test_task_runs_its_own_bugs_alone(judged: Judged, *, hidden: bool) -> None:
    verdict = judged({}, tasks=("3.2",), hidden=hidden)
    assert verdict.held
    assert verdict.suite is not None
    bugs = [bug.check for bug in verdict.suite.bugs]
    assert bugs == [*ALL[:2], *([ALL[3]] if hidden else [])]


def test_points_of_a_task_do_not_depend_on_other_tasks(judged: Judged) -> None:
    suite = {GREETING: IMPORTS + GREETS, "conftest.py": None}
    whole, part = judged(suite), judged(suite, tasks=("3.2",))
    assert [task.points for task in whole.tasks if task.id == "3.2"] == [task.points for task in part.tasks] == [2]


def test_reached_and_not_noticed_is_told_from_not_reached(judged: Judged) -> None:
    verdict = judged({GREETING: IMPORTS + "def test_answers():\n    application.reply('/greeting', {})\n"}, alone=True)
    assert failures(verdict) == {
        "same_greeting_for_all": "bug_not_noticed",
        "name_not_trimmed": "bug_not_noticed",
        "blank_name_greeted": "bug_not_noticed",
        "date_never_changes": "bug_not_reached",
    }
    got = {check.id: check.failure.got for check in verdict.checks if check.failure is not None}
    assert got["same_greeting_for_all"] == (
        "1 test with this code in use, and no failure: tests/test_greeting.py::test_answers"
    )
    assert got["date_never_changes"] == "no valid test runs the code with the bug; you have 1 valid test"


def test_same_seed_gives_the_same_verdict(judged: Judged) -> None:
    one, other = judged({}).model_dump(), judged({}).model_dump()
    for each in (one, other):
        del each["judged_at"], each["seconds"], each["application"]
        for check in each["checks"]:
            del check["seconds"]
    assert one == other


@pytest.mark.parametrize(
    ("test", "check", "key", "says"),
    [
        (
            "def test_it():\n    _, body = application.reply('/greeting', {})\n"
            "    assert body['detail'] == 'Say who you are.'\n",
            "passes_everywhere",
            "fails_on_correct",
            "test_it fails on a correct application: test_more.py, line 5: AssertionError: assert",
        ),
        (
            "seen = []\ndef test_a():\n    seen.append(1)\ndef test_b():\n    assert seen\n",
            "passes_shuffled",
            "depends_on_order",
            "test_b fails in another order",
        ),
        (
            "import datetime\ndef test_it():\n    assert datetime.date.today().month != 2\n",
            "passes_on_other_dates",
            "depends_on_date",
            "test_it fails on 2027-02-28",
        ),
        (
            "import datetime\ntoday = datetime.date.today()\ndef test_it():\n    assert today.year < 2027\n",
            "passes_on_other_dates",
            "depends_on_date",
            "test_it fails on 2027-05-12: test_more.py, line 6: assert 2027 < 2027",
        ),
        (
            "from pathlib import Path\ndef test_it():\n    Path('left.txt').touch()\n",
            "leaves_nothing",
            "files_left",
            "left.txt",
        ),
        (
            "from app.greeting import greet\ndef test_it():\n    assert greet\n",
            "imports_what_is_listed",
            "forbidden_import",
            "tests/test_more.py: app.greeting.greet",
        ),
    ],
    ids=["sentence", "order", "february", "today", "file", "import"],
)
def test_invalid_test_costs_one_check_and_itself(judged: Judged, test: str, check: str, key: str, says: str) -> None:
    verdict = judged({"test_more.py": IMPORTS + test})
    assert failures(verdict) == {check: key}
    failure = next(each.failure for each in verdict.checks if each.id == check)
    assert failure is not None
    assert says in failure.got
    assert " where " not in failure.got


def test_file_that_needs_another_fails_alone(judged: Judged) -> None:
    verdict = judged(
        {
            "test_a.py": "import builtins\nbuiltins.made_here = 1\ndef test_a():\n    pass\n",
            "test_b.py": "import builtins\ndef test_b():\n    assert builtins.made_here\n",
        }
    )
    assert failures(verdict) == {"passes_alone": "fails_alone"}


@pytest.mark.parametrize(
    ("text", "check", "key"),
    [
        ("", "has_tests", "no_tests"),
        ("def test_a(:\n", "has_tests", "not_collected"),
        ("import nothing_of_this_name\ndef test_a():\n    pass\n", "has_tests", "not_collected"),
        (
            "import pytest\n@pytest.mark.parametrize('n', range(121))\ndef test_a(n):\n    pass\n",
            "has_tests",
            "too_many_tests",
        ),
    ],
    ids=["empty", "syntax", "import", "many"],
)
def test_suite_that_cannot_be_judged(judged: Judged, text: str, check: str, key: str) -> None:
    verdict = judged({GREETING: text}, alone=True)
    assert failures(verdict) == {check: key}
    assert verdict.points == 0


def test_own_settings_of_pytest_are_ignored(tested_course: Course, reference: Mapping[str, bytes]) -> None:
    tree = {
        **reference,
        "pytest.ini": b"[pytest]\naddopts = --collect-only\n",
        "tests/pytest.ini": b"[pytest]\naddopts = -x\n",
    }
    assert judge(tested_course, tested_course.step(STEP), tree, sandbox="plain", seed=SEED).held


def test_check_of_an_application_is_a_fault_of_the_course(
    tested_course: Course, reference: Mapping[str, bytes]
) -> None:
    checks = tested_course.step(STEP).checks_folder / "test_1_stands.py"
    checks.write_text(checks.read_text().replace("(suite: Suite)", "(suite: Suite, application: object)", 1))
    verdict = judge(tested_course, tested_course.step(STEP), reference, sandbox="plain", seed=SEED)
    assert not verdict.valid
    assert any("This step judges no running application" in (check.detail or "") for check in verdict.checks)


def test_bug_that_is_not_there_is_a_fault_of_the_course(tested_course: Course, reference: Mapping[str, bytes]) -> None:
    bugs = tested_course.step(STEP).checks_folder / "bugs" / "task_3.toml"
    bugs.write_text(bugs.read_text().replace("date_never_changes", "another"))
    verdict = judge(tested_course, tested_course.step(STEP), reference, sandbox="plain", seed=SEED)
    assert not verdict.valid


def test_suite_is_not_judged_again_in_one_process(
    tested_course: Course, reference: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as suite, checks and seed are the same. What was not judged yet is judged."""
    runs: list[object] = []
    run = SuiteRunner.run

    def counting(runner: SuiteRunner, *arguments: Any, **options: Any) -> SuiteRun:
        runs.append(arguments)
        return run(runner, *arguments, **options)

    monkeypatch.setattr(SuiteRunner, "run", counting)

    def count(tree: Mapping[str, bytes], seed: int, *tasks: str) -> int:
        before = len(runs)
        verdict = judge(tested_course, tested_course.step(STEP), tree, sandbox="plain", seed=seed, tasks=tasks)
        assert verdict.held
        return len(runs) - before

    assert count(reference, 77, "3.2") > 0
    assert count(reference, 77, "3.2") == 0
    assert count({**reference, "app/other.py": b""}, 77, "3.2") == 0
    assert count(reference, 77, "3.3") > 0
    assert count(reference, 78, "3.2") > 0
    assert count({**reference, "tests/other.py": b""}, 77, "3.2") > 0
    bugs = tested_course.step(STEP).checks_folder / "bugs" / "task_3.toml"
    bugs.write_text(bugs.read_text() + "\n# changed\n")
    assert count(reference, 77, "3.2") > 0


def test_deadline_ends_the_runs(judged: Judged, tested_course: Course, reference: Mapping[str, bytes]) -> None:
    slow = {**reference, "tests/test_slow.py": b"import time\ndef test_slow():\n    time.sleep(20)\n"}
    began = time.monotonic()
    verdict = judge(tested_course, tested_course.step(STEP), slow, sandbox="plain", seed=SEED, seconds=3)
    assert time.monotonic() - began < 15
    assert verdict.cut_short_after == 3
    assert not verdict.valid
    assert judged({}).held


def test_fault_of_the_sandbox_gives_no_verdict(
    tested_course: Course, reference: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that did not even begin says nothing about the suite."""
    broken = {**reference, "tests/test_new.py": b"def test_it():\n    pass\n"}
    monkeypatch.setattr(SuitePackage, "encoded", lambda *_: b"nothing that the runner can read\n")
    verdict = judge(tested_course, tested_course.step(STEP), broken, sandbox="plain", seed=SEED)
    assert not verdict.valid
    assert verdict.points == 0
    assert any("could not be started" in (check.detail or "") for check in verdict.checks)


def test_kit_judges_suites_too(tested_course: Course, reference: Mapping[str, bytes], tmp_path: Path) -> None:
    """It has no solutions and no hidden bugs."""
    write_tree(kit_files(tested_course, 3), tmp_path)
    kit = load_course(tmp_path)
    verdict = judge(kit, kit.step(STEP), reference, sandbox="plain", seed=SEED)
    assert caught(verdict) == ALL[:3]
    assert verdict.held


@pytest.mark.bubblewrap
def test_without_a_fork_server_each_run_starts_by_itself(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite_process, "suite_fork_server", lambda _: None)
    verdict = judged({}, "bubblewrap", seed=99, tasks=("3.3",))
    assert verdict.held
    assert caught(verdict) == ["date_never_changes"]
