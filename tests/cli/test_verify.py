"""`course verify` as an author calls it."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from courseware.course import Course

Command = Callable[..., "CompletedProcess[str]"]
LESSON = "lessons/step_1_greeting/lesson.toml"


def test_wrong_points_are_told_before_anything_is_judged(course: Course, command: Command) -> None:
    lesson = course.root / LESSON
    lesson.write_text(lesson.read_text().replace("points = 6", "points = 7"))

    shown = command("verify", "1", "--plain")
    assert shown.returncode == 1
    assert "worth 7 points, but its checks make 6" in shown.stdout
    assert "Nothing was judged." in shown.stdout
    assert "references pass" not in shown.stdout

    told = command("verify", "1", "--plain", "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["findings"] == []
    assert any("worth 7 points" in fault for fault in json.loads(told.stdout)["faults"])


@pytest.mark.parametrize(("name", "kind"), [("keeps_spaces", "mistakes are caught"), ("one_file", "alternatives pass")])
def test_one_specimen_is_judged_alone(command: Command, name: str, kind: str) -> None:
    done = command("verify", "1", "--plain", "--only", name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"✔ {kind}: 1 of 1"]


def test_one_that_is_not_caught_is_an_error(course: Course, command: Command) -> None:
    mistakes = course.root / "checks/step_1_greeting/mistakes/task_1.toml"
    mistakes.write_text(mistakes.read_text().replace('trims_name = "not_trimmed"', 'greets = "wrong_greeting"'))
    done = command("verify", "1", "--plain", "--only", "keeps_spaces")
    assert done.returncode == 1
    assert "greets did not fail" in done.stdout


def test_quick_judges_one_mistake_for_each_visible_check(command: Command) -> None:
    done = command("verify", "1", "--plain", "--quick")
    assert done.returncode == 0, done.stderr
    assert "✔ mistakes are caught: 2 of 2" in done.stdout


def test_quick_and_one_name_are_wrong_use(command: Command) -> None:
    done = command("verify", "1", "--quick", "--only", "one_file")
    assert done.returncode == 2
    assert "Use one of the two" in done.stderr


def test_an_unknown_name_is_wrong_use(command: Command) -> None:
    done = command("verify", "1", "--only", "keep_spaces", "--only", "one_file")
    assert done.returncode == 2
    assert "no known mistake or alternative 'keep_spaces'. Similar names: keeps_spaces." in done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///file", "must be a URL such as postgresql://"),
        ("postgresql://user@127.0.0.1:port/x", "must be a URL such as postgresql://"),
        ("postgresql://user:secret@127.0.0.1:1/x", "no [application.postgresql]"),
    ],
)
def test_a_database_that_cannot_be_used_is_wrong_use(command: Command, url: str, said: str) -> None:
    done = command("verify", "1", "--only", "one_file", "--database", url)
    assert done.returncode == 2
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_a_server_that_is_not_there_is_wrong_use(course: Course, command: Command) -> None:
    about = course.root / "lessons/course.toml"
    variables = '[application.{name}]\nPEOPLE = "{{{fact}}}"\n'
    databases = variables.format(name="database", fact="path") + variables.format(name="postgresql", fact="url")
    about.write_text(about.read_text() + databases)
    done = command("verify", "1", "--only", "one_file", "--database", "postgresql://user:secret@127.0.0.1:1/x")
    assert done.returncode == 2
    assert done.stderr.startswith("PostgreSQL at 127.0.0.1, port 1: ")
    assert "secret" not in done.stderr
