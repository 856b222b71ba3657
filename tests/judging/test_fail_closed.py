"""A verdict exists only if every selected check ran, wherever the course lies and whatever surrounds the judge."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.course import Course, load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge
from courseware.verdict import Outcome, Verdict

MINIATURE = Path(__file__).parent.parent / "miniature_course"
LONG = "/".join(letter * 200 for letter in "abcdefg")


def judged(course: Course, tree: dict[str, bytes] | None = None, *, hidden: bool = True) -> Verdict:
    """The verdict about the reference of step 1, or about another tree."""
    tree = finish(course, 1) if tree is None else tree
    return judge(course, course.step(1), tree, hidden=hidden, sandbox="plain", seed=1)


def expect_judged(course: Course) -> None:
    """The reference gets every point, the starter gets none, and hidden checks stay hidden."""
    verdict = judged(course)
    assert verdict.held
    assert [check.visible for check in verdict.checks] == [True, False, True]
    assert (verdict.points, verdict.points_possible) == (9, 9)
    starter = judged(course, start(course, 1))
    assert starter.valid
    assert not starter.held
    assert starter.points == 0


@pytest.mark.parametrize(
    "place",
    ["with space", "br[ack]ets", "a::b", "q'uo\"te", "100%_$HOME", "Тека курсу", "caf\udce9", "~", "-k", LONG],
    ids=ascii,
)
def test_course_may_lie_in_any_folder(tmp_path: Path, place: str) -> None:
    root = tmp_path / place
    shutil.copytree(MINIATURE, root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    expect_judged(load_course(root))


def test_course_may_lie_behind_a_symbolic_link(course: Course, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(course.root)
    expect_judged(load_course(link))


def test_root_may_be_relative_and_the_folder_may_change_afterwards(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root.parent)
    relative = load_course(Path(course.root.name))
    monkeypatch.chdir(tmp_path)
    expect_judged(relative)
    assert Path.cwd() == tmp_path


def test_working_folder_with_a_project_of_its_own_does_not_matter(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Students work in folders of the same names as those of checks, and may have fixtures there."""
    folder = tmp_path / "workspace" / "step_1_greeting"
    folder.mkdir(parents=True)
    for name in ("conftest.py", "test_greeting.py", "asking.py", "pytest.ini"):
        for place in (folder, folder.parent):
            (place / name).write_text("raise SystemExit('read by the judge')")
    monkeypatch.chdir(folder.parent)
    expect_judged(course)


@pytest.fixture
def misleading(tmp_path: Path) -> Iterator[Path]:
    """A folder of modules that are called like those of the checks and of the application."""
    folder = tmp_path / "misleading"
    folder.mkdir()
    for name in ("step_1_greeting", "conftest", "app"):
        (folder / f"{name}.py").write_text("raise SystemExit('imported by the judge')")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONPATH": "{misleading}"},
        {"PYTHONSAFEPATH": "1"},
        {"PYTHONOPTIMIZE": "1"},
        {"PYTHONWARNINGS": "error"},
        {"PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "no_such_plugin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
    ],
    ids=lambda variables: "+".join(variables),
)
def test_variables_for_python_and_pytest_change_nothing(
    course: Course, misleading: Path, variables: dict[str, str]
) -> None:
    """`course check` on the reference: all points."""
    done = check(course, {name: value.format(misleading=misleading) for name, value in variables.items()})
    assert done.returncode == 0, done.stdout + done.stderr
    assert Verdict.model_validate_json(done.stdout).points == 6


def test_without_docstrings_it_says_what_to_do(course: Course) -> None:
    done = check(course, {"PYTHONOPTIMIZE": "2"})
    assert done.returncode == 2
    assert "Unset PYTHONOPTIMIZE" in done.stderr


def check(course: Course, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """`course check` on the reference of step 1, with these variables."""
    return subprocess.run(
        [sys.executable, "-m", "courseware", "check", "1", "--plain", "--json", "--submission", str(reference(course))],
        cwd=course.root,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def reference(course: Course) -> Path:
    folder = course.root / "handed_in"
    write_tree(finish(course, 1), folder)
    return folder


def edit(course: Course, old: str, new: str) -> None:
    """Replaces text in the visible checks of step 1."""
    path = course.step(1).checks_folder / "test_greeting.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


BLANK = 'def test_refuses_blank_name(application: Application) -> None:\n    """A blank name answers 422."""\n'


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        (f"{BLANK}    import pytest; pytest.skip('no time')\n", "no time"),
        (f"@__import__('pytest').mark.skip('no time')\n{BLANK}", "no time"),
        (f"@__import__('pytest').mark.skipif(True, reason='no time')\n{BLANK}", "no time"),
        (f"{BLANK}    import pytest; pytest.xfail('no time')\n", "no time"),
        (f"{BLANK}    import sys; sys.exit(0)\n", "SystemExit"),
        (f"{BLANK}    from courseware.checking import CheckFailed\n"
         "    raise CheckFailed('Not A Key', asked='', expected='', got='')\n", "pytest ended with code 3"),
    ],
)  # fmt: skip
def test_check_that_does_not_run_to_its_end_makes_no_verdict(course: Course, instead: str, said: str) -> None:
    edit(course, BLANK, instead)
    verdict = judged(course)
    assert not verdict.valid
    assert not verdict.held
    assert said in "".join([*verdict.notes, *(check.detail or "" for check in verdict.checks)])


@pytest.mark.parametrize("stop", ["request.session.shouldstop = 'enough'", "pytest.exit('enough', 0)"])
def test_run_that_stops_early_makes_no_verdict(course: Course, stop: str) -> None:
    fixtures = course.root / "checks" / "conftest.py"
    fixtures.write_text(f"{fixtures.read_text()}\n\n@pytest.fixture(autouse=True)\ndef stop(request):\n    {stop}\n")
    verdict = judged(course)
    assert not verdict.valid
    assert not verdict.held


@pytest.mark.parametrize("spoilt", ["raise RuntimeError('spoilt')", "import no_such_module", "def broken(:"])
def test_fixtures_that_cannot_be_read_make_no_verdict(course: Course, spoilt: str) -> None:
    (course.root / "checks" / "conftest.py").write_text(spoilt)
    verdict = judged(course)
    assert not verdict.valid
    assert not verdict.held
    assert verdict.notes


@pytest.mark.parametrize("hidden", [True, False])
def test_task_without_checks_is_never_held(course: Course, hidden: bool) -> None:
    edit(course, '@check(task="1.2"', '@check(task="1.1"')
    verdict = judged(course, hidden=hidden)
    assert not verdict.valid
    assert "Task 1.2 has no check." in verdict.notes
    assert not any(task.held for task in verdict.tasks if task.id == "1.2")


def test_hidden_checks_that_are_missing_make_no_verdict(course: Course) -> None:
    """As in a kit for students, from which nobody can grade: its checks do not make the points of a task."""
    shutil.rmtree(course.step(1).hidden_checks_folder)
    verdict = judged(course)
    assert not verdict.valid
    assert verdict.notes == ("Task 1.1 is worth 6 points, but the checks found make 3.",)
    assert judged(course, hidden=False).held


@pytest.mark.parametrize("points", ["0", "-1", "float('nan')", "float('inf')"])
def test_check_without_points_is_refused(course: Course, points: str) -> None:
    edit(course, 'points=3, hints=("What', f'points={points}, hints=("What')
    verdict = judged(course)
    assert not verdict.valid
    assert "A check has more than 0 points." in verdict.notes[0]


def test_step_without_checks_is_wrong_use(course: Course) -> None:
    (course.step(1).checks_folder / "test_greeting.py").unlink()
    with pytest.raises(UsageError, match="has no checks"):
        judged(course, hidden=False)


def test_application_that_does_not_start_is_judged(course: Course) -> None:
    """No check runs, which is the submission's fault: the verdict is valid, and nothing holds."""
    verdict = judged(course, {**finish(course, 1), "app/main.py": b"raise RuntimeError"})
    assert verdict.valid
    assert not verdict.held
    assert {check.outcome for check in verdict.checks} == {Outcome.SKIPPED}


def test_run_that_is_to_stop_at_a_failure_stops_there_with_a_verdict(course: Course) -> None:
    tree = start(course, 1)
    verdict = judge(course, course.step(1), tree, sandbox="plain", seed=1, hidden=True, stop_at_failure=True)
    assert verdict.valid
    assert not verdict.held
    assert [check.outcome for check in verdict.checks].count(Outcome.FAILED) == 1
    assert judge(course, course.step(1), finish(course, 1), sandbox="plain", hidden=True, stop_at_failure=True).held
