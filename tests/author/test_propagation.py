"""`course propagate` on the real stages: one repair reaches everything that repeats or quotes the repaired file."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from courseware.author.cherry_picking import cherry_pick
from courseware.author.mistakes import mistakes_of
from courseware.author.propagation import Propagation, propagate
from courseware.base.errors import UsageError
from courseware.base.tree import read_tree, write_tree
from courseware.course import Course, load_course
from courseware.course.stages import finish, start

ROOT = Path(__file__).parents[2]
USERS = "app/services/users.py"
FINISHED = f"solutions/contacts_api/{USERS}"


@pytest.fixture
def contacts_course(tmp_path: Path) -> Course:
    """A copy of the course in a repository of its own."""
    for name in ("lessons", "starter", "solutions", "checks"):
        write_tree(read_tree(ROOT / name), tmp_path / "course" / name)
    commit(tmp_path / "course")
    return load_course(tmp_path / "course")


def commit(folder: Path) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (("init", "--quiet"), ("add", "--all"), (*identity, "commit", "--quiet", "--message=Begin")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def change(course: Course, file: str, find: str, replace: str) -> Propagation:
    """Change a file of the course, carry the change on, and write what becomes of the other files."""
    path = course.root / file
    text = path.read_text()
    assert text.count(find) == 1
    path.write_text(text.replace(find, replace))
    done = propagate(course, path)
    write_tree(done.files, course.root)
    return done


def holding(course: Course, text: str) -> set[str]:
    """The files of the course that hold a text, by their paths."""
    tree = read_tree(course.root)
    return {path for path, content in tree.items() if text.encode() in content and not path.startswith("lessons")}


def trees(course: Course) -> Iterator[dict[str, bytes]]:
    """What students start from and arrive at, step by step."""
    for number in course.stage_numbers:
        yield finish(course, number)
    for step in course.steps:
        yield start(course, step.number)


def assert_every_mistake_fits(course: Course) -> None:
    for step in course.steps:
        reference = finish(course, step.number)
        for mistake in mistakes_of(step):
            assert mistake.made_in(reference) != reference


def test_a_repair_reaches_every_stage_the_starters_and_the_quotes(contacts_course: Course) -> None:
    old = '"bad_credentials", "The e-mail address or the password is wrong."'
    new = '"bad_credentials", "This e-mail address or this password is wrong."'
    repeated = holding(contacts_course, old)
    done = change(contacts_course, FINISHED, old, new)
    assert done.left == []
    assert done.files.keys() == repeated - {FINISHED}
    assert {path.split("/")[0] for path in repeated} == {"solutions", "starter", "checks"}
    assert any("mistakes" in path for path in repeated)
    assert holding(contacts_course, new) == repeated
    assert holding(contacts_course, old) == set()
    assert all(new.encode() in tree[USERS] for tree in trees(contacts_course))
    assert_every_mistake_fits(contacts_course)


def test_a_repair_of_the_errors_reaches_the_stages_that_have_the_code(contacts_course: Course) -> None:
    finished = "solutions/contacts_api/app/core/errors.py"
    old, new = '"""The request is not valid."""', '"""The request cannot be processed as it is."""'
    repeated = holding(contacts_course, old)
    assert 1 < len(repeated) < len(holding(contacts_course, "async def _http_error("))
    done = change(contacts_course, finished, old, new)
    assert (done.left, holding(contacts_course, new), holding(contacts_course, old)) == ([], repeated, set())
    assert_every_mistake_fits(contacts_course)


def test_an_earlier_version_can_be_where_the_change_is_made(contacts_course: Course) -> None:
    old, new = "async def find_by_email(session: AsyncSession,", "async def find_by_email(database: AsyncSession,"
    repeated = holding(contacts_course, old)
    done = change(contacts_course, f"solutions/superseded/after_step_1/{USERS}", old, new)
    assert (done.left, holding(contacts_course, new)) == ([], repeated)
    assert FINISHED in done.files


def test_where_a_stage_has_other_lines_it_stays_and_is_listed(contacts_course: Course) -> None:
    before = read_tree(contacts_course.root)
    sentence = '"The account of this token is gone, or has another password by now."'
    done = change(contacts_course, FINISHED, sentence, '"The account of this token is gone."  # or more')
    earlier = [f"solutions/superseded/after_step_{number}/{USERS}" for number in (1, 4, 7)]
    starters = ("step_2_email_verification", "step_5_redis_caching", "step_8_homework")
    expected = [*earlier, *(f"starter/{slug}/{USERS}" for slug in starters)]
    assert [sentence.split(":")[0] for sentence in done.left] == expected
    for sentence in done.left:
        place, line, _ = sentence.split(":", 2)
        near = before[place].decode().splitlines()[int(line) - 1 : int(line) + 5]
        assert any("The account of this token is gone." in each for each in near), sentence
    after = read_tree(contacts_course.root)
    assert {path for path in after if after[path] != before[path]} == {FINISHED}


def test_a_mistake_whose_own_lines_change_is_listed_and_all_else_is_done(contacts_course: Course) -> None:
    step = contacts_course.step(2)
    mistake = next(each for each in mistakes_of(step) if each.id == "link_to_another_path")
    file = f"solutions/contacts_api/{mistake.file}"
    done = change(contacts_course, file, "/api/v1/auth/verify/{token}", "/api/v1/auth/confirm/{token}")
    assert f"solutions/superseded/after_step_7/{mistake.file}" in done.files
    ((place, line, said),) = (sentence.split(":", 2) for sentence in done.left)
    assert place.startswith("checks/step_2_email_verification/mistakes")
    assert place not in done.files
    assert re.search(r"link_to_another_path: .* by hand", said)
    assert "link_to_another_path" in (contacts_course.root / place).read_text().splitlines()[int(line) - 1]


def test_a_line_that_two_stages_share_changes_in_both_or_is_listed() -> None:
    """Every tenth line of every file, changed in the finished version, against every earlier version of the file."""
    course = load_course(ROOT)
    carried, listed = 0, 0
    for number in course.stage_numbers[:-1]:
        for path, earlier in read_tree(course.superseded_folder(number)).items():
            if not (course.application_folder / path).exists():
                continue  # a test of the path, which the last step replaces by others
            finished = (course.application_folder / path).read_bytes()
            for line in finished.splitlines(keepends=True)[::10]:
                if line.strip() and finished.count(line) == earlier.count(line) == 1:
                    changed = line.rstrip() + b"  # changed\n"
                    picked = cherry_pick(finished, finished.replace(line, changed), earlier)
                    assert picked is not None
                    assert picked.conflicts or picked.text == earlier.replace(line, changed), (number, path, line)
                    carried, listed = carried + (not picked.conflicts), listed + bool(picked.conflicts)
    assert carried > 100
    assert listed <= carried / 20


def test_a_change_is_carried_once(contacts_course: Course) -> None:
    assert change(contacts_course, FINISHED, '"The e-mail address or the', '"This e-mail address or the').files
    assert propagate(contacts_course, contacts_course.root / FINISHED) == Propagation()


def test_a_file_that_no_other_repeats_needs_nothing(contacts_course: Course) -> None:
    assert change(contacts_course, "solutions/contacts_api/app/core/clock.py", "today", "this_day") == Propagation()


@pytest.fixture
def committed(course: Course) -> Course:
    """The miniature course in a repository."""
    commit(course.root)
    return course


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("starter/step_1_greeting/app/greeting.py", "no file of the application. Name one in solutions/greeter, or"),
        ("solutions/greeter/app", "is no file"),
        ("solutions/greeter/nothing.py", "is no file"),
        ("solutions/greeter/app/main.py", "is as it was committed"),
    ],
)
def test_a_file_without_a_change_of_the_application_is_wrong_use(committed: Course, file: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        propagate(committed, committed.root / file)


def test_a_new_file_is_wrong_use(committed: Course) -> None:
    new = committed.application_folder / "app/new.py"
    new.write_text("NEW = 1\n")
    with pytest.raises(UsageError, match=r"solutions/greeter/app/new\.py is in no commit yet"):
        propagate(committed, new)


def test_without_a_repository_it_is_wrong_use(course: Course) -> None:
    with pytest.raises(UsageError, match="no git repository with a commit"):
        propagate(course, course.application_folder / "app/main.py")


def test_without_solutions_it_is_wrong_use(committed: Course) -> None:
    shutil.rmtree(committed.root / "solutions")
    with pytest.raises(UsageError, match="This copy of the course has no solutions"):
        propagate(committed, committed.application_folder / "app/main.py")
