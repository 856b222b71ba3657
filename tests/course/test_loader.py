"""Finding and reading a course, and what is said when its files are wrong."""

import re
import shutil
from pathlib import Path

import pytest

from courseware.author.lint import faults
from courseware.base.errors import UsageError
from courseware.course import find_course, load_course
from courseware.services.registry import require_known

MINIATURE = Path(__file__).parent.parent / "miniature_course"
STEP = "lessons/step_1_greeting/lesson.toml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the miniature course's lessons, to be spoilt."""
    shutil.copytree(MINIATURE / "lessons", tmp_path / "lessons")
    return tmp_path


def test_is_found_from_a_folder_inside() -> None:
    assert find_course(MINIATURE / "starter" / "step_1_greeting").root == MINIATURE


def test_says_what_to_do_where_there_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Run this inside the course"):
        find_course(tmp_path)


def test_holds_steps_in_order_with_their_tasks() -> None:
    course = load_course(MINIATURE)
    assert [(step.number, step.title) for step in course.steps] == [(1, "Greeting"), (2, "Clock")]
    assert [(task.id, task.points) for task in course.step(1).tasks] == [("1.1", 6), ("1.2", 3)]
    assert course.application.environment == {"GREETING": "Hello"}


def without_tasks(root: Path, slug: str) -> None:
    path = root / "lessons" / slug / "lesson.toml"
    path.write_text(path.read_text().partition("[[tasks]]")[0])


@pytest.mark.parametrize(("emptied", "left"), [("step_1_greeting", 2), ("step_2_clock", 1)])
def test_a_step_without_tasks_is_planned_wherever_it_stands(root: Path, emptied: str, left: int) -> None:
    without_tasks(root, emptied)
    course = load_course(root)
    assert [step.number for step in course.steps] == [left]
    assert [step.number for step in course.stages] == [1, 2]
    assert course.step_before(course.step(left)) is None
    with pytest.raises(UsageError, match=rf"no step {3 - left}. This course has: {left}\."):
        course.step(3 - left)


def test_there_is_a_step_with_tasks(root: Path) -> None:
    without_tasks(root, "step_1_greeting")
    without_tasks(root, "step_2_clock")
    with pytest.raises(UsageError, match="no step has tasks"):
        load_course(root)


def test_knows_where_everything_of_a_step_stands() -> None:
    course = load_course(MINIATURE)
    step = course.step(1)
    folders = (step.lesson_folder, step.starter_folder, step.checks_folder, step.hidden_checks_folder)
    assert all(folder.is_dir() for folder in (*folders, course.application_folder, course.superseded_folder(0)))
    assert step.notebook.is_file()


def test_unknown_step_and_task_are_answered_with_the_known_ones() -> None:
    course = load_course(MINIATURE)
    with pytest.raises(UsageError, match=r"no step 9.*1, 2"):
        course.step(9)
    with pytest.raises(UsageError, match=r"no task '1.9'.*1.1, 1.2"):
        course.step(1).task("1.9")


@pytest.mark.parametrize(
    ("find", "replace", "said"),
    [
        ("minutes = 5", "minutes = 0", "minutes"),
        ("minutes = 5", "minuets = 5", "minuets|minutes"),
        ('id = "1.1"', 'id = "one"', r"tasks\.0\.id"),
        ("points = 6", "points = -6", r"tasks\.0\.points"),
        ("minutes = 5", "minutes = ", "cannot be read"),
        ("minutes = 5", 'minutes = 5\nhands_in = ["tests/"]', "hands_in.*'tests/' names neither conftest"),
    ],
)
def test_wrong_lesson_file_is_named_with_the_key(root: Path, find: str, replace: str, said: str) -> None:
    path = root / STEP
    path.write_text(path.read_text().replace(find, replace))
    with pytest.raises(UsageError, match=rf"lesson\.toml.*({said})"):
        load_course(root)


def test_a_list_of_changes_is_refused_with_what_to_do(root: Path) -> None:
    path = root / STEP
    path.write_text(f'changes = ["app/main.py"]\n{path.read_text()}')
    with pytest.raises(UsageError, match=r"lesson\.toml: delete `changes`: what a step changes is read from"):
        load_course(root)


def test_numbers_may_be_left_out(root: Path) -> None:
    (root / "lessons/step_2_clock").rename(root / "lessons/step_99_clock")
    course = load_course(root)
    assert course.stage_numbers == (0, 1, 99)
    assert course.step_before(course.step(99)) == course.step(1)


@pytest.mark.parametrize(("name", "said"), [("step_2_greeting", "both step 2"), ("step_0_greeting", "from 1 on")])
def test_each_step_has_a_number_of_its_own(root: Path, name: str, said: str) -> None:
    (root / "lessons/step_1_greeting").rename(root / "lessons" / name)
    with pytest.raises(UsageError, match=said):
        load_course(root)


@pytest.mark.parametrize("name", ["Intro", "intro-hello", "1_intro", "вступ"])
def test_step_folder_has_a_plain_name(root: Path, name: str) -> None:
    (root / "lessons/step_1_greeting").rename(root / "lessons" / name)
    with pytest.raises(UsageError, match="small letters, digits and underscores"):
        load_course(root)


def add_number(root: Path, step: str, number: int) -> None:
    path = root / "lessons" / step / "lesson.toml"
    path.write_text(f"number = {number}\n{path.read_text()}")


def test_a_folder_with_any_name_is_a_step_whose_number_is_in_its_lesson_file(root: Path) -> None:
    (root / "lessons/step_2_clock").rename(root / "lessons/about_clocks")
    with pytest.raises(UsageError, match=r"about_clocks/lesson\.toml: add `number`"):
        load_course(root)
    add_number(root, "about_clocks", 2)
    course = load_course(root)
    assert [(step.number, step.slug) for step in course.steps] == [(1, "step_1_greeting"), (2, "about_clocks")]


def test_a_number_that_differs_from_the_folder_s_is_refused(root: Path) -> None:
    add_number(root, "step_2_clock", 2)
    assert load_course(root).step(2).slug == "step_2_clock"
    add_number(root, "step_1_greeting", 3)
    with pytest.raises(UsageError, match="differs from the one in the folder's name"):
        load_course(root)


SERVICES = """
[application.services.mailbox]
MAIL_HOST = "{host}"

[application.services.redis]
REDIS_URL = "{url}"
"""


def say(root: Path, path: str, text: str) -> None:
    """Adds a text to a file of the course."""
    with (root / path).open("a") as file:
        file.write(text)


def need(root: Path, step: str, needs: str) -> None:
    path = root / "lessons" / step / "lesson.toml"
    path.write_text(f"needs = {needs}\n{path.read_text()}")


def test_an_application_uses_the_services_that_its_steps_so_far_need(root: Path) -> None:
    say(root, "lessons/course.toml", SERVICES)
    need(root, "step_1_greeting", '["redis"]')
    need(root, "step_2_clock", '["mailbox"]')
    course = load_course(root)
    assert course.application.services["mailbox"] == {"MAIL_HOST": "{host}"}
    assert course.services_after(0) == ()
    assert course.services_after(1) == ("redis",)
    assert course.services_after(2) == ("mailbox", "redis")


def test_a_steps_environment_overrides_earlier_ones_from_that_step_on(root: Path) -> None:
    say(root, "lessons/step_1_greeting/lesson.toml", '[environment]\nGREETING = "Welcome"\nLIMITS = "off"\n')
    say(root, "lessons/step_2_clock/lesson.toml", '[environment]\nLIMITS = "on"\n')
    course = load_course(root)
    assert [course.application_after(number).environment for number in (0, 1, 2)] == [
        {"GREETING": "Hello"},
        {"GREETING": "Welcome", "LIMITS": "off"},
        {"GREETING": "Welcome", "LIMITS": "on"},
    ]
    assert course.application_after(2).entrypoint == course.application.entrypoint


@pytest.mark.parametrize("variable", ["MAIL_HOST", "OWN_ADDRESS", "PLACE"])
def test_a_steps_environment_leaves_alone_what_is_filled(root: Path, variable: str) -> None:
    path = root / "lessons/course.toml"
    path.write_text(path.read_text().replace("entrypoint", 'address_variable = "OWN_ADDRESS"\nentrypoint') + SERVICES)
    say(root, "lessons/course.toml", '[application.database]\nPLACE = "{path}"\n')
    say(root, "lessons/step_2_clock/lesson.toml", f'[environment]\n{variable} = "here"\n')
    with pytest.raises(
        UsageError, match=f"step 2 sets {variable}, which the database, a service or address_variable fills"
    ):
        load_course(root)


def test_the_application_is_told_where_its_database_is(root: Path) -> None:
    assert load_course(root).application.database_at(root / "file") == {}
    say(root, "lessons/course.toml", '[application.database]\nPLACE = "sqlite:///{path}"\nKIND = "sqlite"\n')
    told = load_course(root).application.database_at(root / "file")
    assert told == {"PLACE": f"sqlite:///{root}/file", "KIND": "sqlite"}


@pytest.mark.parametrize("text", ["{url}", "{path", "{}", "{path.x}"])
def test_of_the_database_the_path_alone_can_be_told(root: Path, text: str) -> None:
    say(root, "lessons/course.toml", f'[application.database]\nPLACE = "{text}"\n')
    with pytest.raises(UsageError, match=r"PLACE can have \{path\} filled in and nothing else"):
        load_course(root)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[application.services.post]\nA = "{port}"', "no service 'post'; there are: mailbox, image_store, redis"),
        (
            '[application.services.redis]\nA = "{hosts}"',
            r"A asks for {hosts}. The facts of this service are: host, port, url",
        ),
        ('[application.services.redis]\nA = "{"', "Single '{' encountered"),
    ],
)
def test_a_wrong_service_is_told_with_what_is_right(root: Path, text: str, said: str) -> None:
    say(root, "lessons/course.toml", f"\n{text}\n")
    course = load_course(root)
    with pytest.raises(UsageError, match=rf"application\.services.*{said}"):
        require_known(course.application.services)
    assert re.search(said, next(faults(course, course.steps)))


def test_a_variable_is_set_once(root: Path) -> None:
    say(root, "lessons/course.toml", '\n[application.services.redis]\nGREETING = "{url}"\n')
    with pytest.raises(UsageError, match=r"course\.toml: application.*GREETING is set twice"):
        load_course(root)


def test_a_step_cannot_need_what_the_application_does_not_use(root: Path) -> None:
    need(root, "step_1_greeting", '["mailbox"]')
    with pytest.raises(UsageError, match=r"step 1 needs 'mailbox', which application\.services does not name"):
        load_course(root)
