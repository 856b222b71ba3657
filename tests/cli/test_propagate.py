"""`course propagate`: what it prints and writes, and its exit codes."""

import subprocess

import pytest

from courseware.base.tree import read_tree
from courseware.course import Course

from .conftest import Command

MAIN = "solutions/greeter/app/main.py"
EARLIER = [f"solutions/superseded/after_step_{number}/app/main.py" for number in (0, 1)]


@pytest.fixture(autouse=True)
def committed(course: Course) -> None:
    """The course stands in a repository."""
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (("init", "--quiet"), ("add", "--all"), (*identity, "commit", "--quiet", "--message=Begin")):
        subprocess.run(["git", *arguments], cwd=course.root, check=True)


def edit(course: Course, find: str, replace: str) -> None:
    path = course.root / MAIN
    path.write_text(path.read_text().replace(find, replace))


@pytest.mark.parametrize(("options", "word"), [((), "changed"), (("--dry-run",), "would change")])
def test_a_change_is_carried_and_the_files_are_named(
    course: Course, command: Command, options: tuple[str, ...], word: str
) -> None:
    edit(course, "The application is up.", "The application runs.")
    before = read_tree(course.root)
    done = command("propagate", MAIN, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(f" {word} ")[2] for line in done.stdout.splitlines()][:2] == EARLIER
    after = read_tree(course.root)
    changed = [path for path in after if after[path] != before[path]]
    assert [path for path in changed if path in EARLIER] == ([] if options else EARLIER)
    assert all(b"The application runs." in after[path] for path in changed)


def test_what_a_person_must_do_is_listed_and_the_code_is_1(course: Course, command: Command) -> None:
    edit(course, '"/health": health', '"/health": health, "/alive": health')
    before = read_tree(course.root)
    done = command("propagate", MAIN)
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.split()[1].rsplit(":", 2)[0] for line in done.stdout.splitlines()] == EARLIER
    assert "Make the change by hand." in done.stdout
    assert read_tree(course.root) == before


def test_a_change_that_concerns_no_other_file_is_told_as_such(course: Course, command: Command) -> None:
    edit(course, "from app.clock import tell_date\n", "from app.clock import tell_date  # UTC\n")
    done = command("propagate", "app/main.py", cwd=course.root / "solutions/greeter")
    assert (done.returncode, done.stdout) == (0, "No other file contains the changed text.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument 'FILE'"),
        ((MAIN,), f"{MAIN} is as it was committed."),
        (("README.md",), "Name one in solutions/greeter, or an earlier version in solutions/superseded."),
    ],
)
def test_wrong_use_is_told_and_the_code_is_2(command: Command, arguments: tuple[str, ...], said: str) -> None:
    done = command("propagate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
