"""A kit holds all that is needed to work, and nothing that is kept back."""

import json
import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from courseware.author.mistakes import mistakes_of
from courseware.base.errors import UsageError
from courseware.base.tree import is_generated, read_tree
from courseware.classroom.kit import Kit, given_away, kit_files, make_kit
from courseware.classroom.kit.making import kept_back
from courseware.course import Course, load_course
from courseware.course.stages import finish, start, step_files
from courseware.judging.checks_run import CourseFault
from courseware.judging.judgement import catalogue

ROOT = Path(__file__).parents[3]
STEP = "step_1_greeting"
CLOCK = "step_2_clock"
Made = tuple[Course, Kit]


def on_disk(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, whatever it is called."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def in_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return {name.removeprefix("kit/"): file.read(name) for name in file.namelist()}


def test_folder_and_zip_file_hold_the_same(made: Made) -> None:
    _, kit = made
    assert on_disk(kit.folder) == in_zip(kit.zip_file) == kit.files


def test_nothing_kept_back_is_in_any_file(made: Made) -> None:
    course, kit = made
    steps = len(load_course(kit.folder).steps)
    secrets = kept_back(course, steps)
    hidden = [entry for step in course.steps for entry in catalogue(course, step, hidden=True) if not entry.visible]
    assert len(secrets.lines) > 20
    assert hidden
    for path, content in {**on_disk(kit.folder), **in_zip(kit.zip_file)}.items():
        assert secrets.first_in(path, content) is None, path
        text = " ".join(content.decode().split())
        for entry in hidden:
            assert re.search(rf"\b(test_)?{entry.id}\b", text) is None, path
            assert entry.sentence not in text, path
        for step in course.steps:
            assert not any(mistake.id in text and mistake.find in text for mistake in mistakes_of(step)), path


@pytest.mark.parametrize("count", range(1, len(load_course(ROOT).steps) + 1))
def test_a_kit_can_be_made_up_to_every_step_of_the_real_course(count: int) -> None:
    course = load_course(ROOT)
    assert list(given_away(course, count, kit_files(course, count))) == []


def test_no_file_of_what_is_kept_back_has_a_place(made: Made) -> None:
    _, kit = made
    kept_back = re.compile(r"^solutions/|^tests/|^(?!src/courseware/).*(hidden|alternative|mistakes)")
    assert [path for path in kit.files if kept_back.search(path)] == []


def test_no_whole_file_of_a_solution_still_to_be_found_is_in_it(made: Made) -> None:
    course, kit = made
    steps = len(load_course(kit.folder).steps)
    handed_out = start(course, steps)
    solution = finish(course, course.stages[-1].number)
    wanted = {path for path, content in solution.items() if content != handed_out.get(path)}
    assert wanted
    assert [path for path, content in kit.files.items() if content in {solution[name] for name in wanted}] == []


def test_every_step_starts_as_in_the_course(made: Made) -> None:
    course, kit = made
    copy = load_course(kit.folder)
    assert copy.title == course.title
    for step in copy.steps:
        original = course.step(step.number)
        assert step.lesson == original.lesson
        assert step_files(copy, step) == step_files(course, original)
        assert catalogue(copy, step) == catalogue(course, original) == catalogue(copy, step, hidden=True)


def test_the_licenses_of_the_course_are_in_it(course: Course) -> None:
    (course.root / "LICENSE").write_text("Do as you like.")
    (course.root / "LICENSE-texts.md").write_text("Read as you like.")
    files = kit_files(course, 1)
    assert files["LICENSE"] == b"Do as you like."
    assert files["LICENSE-texts.md"] == b"Read as you like."


def test_later_steps_are_not_in_it(course: Course) -> None:
    assert [path for path in kit_files(course, 1) if "step_2" in path] == []


def test_a_kit_knows_what_planned_steps_before_its_last_one_bring(course: Course) -> None:
    """They may need services, or set variables."""
    planned = course.root / "lessons/step_1_greeting/lesson.toml"
    planned.write_text(planned.read_text().partition("[[tasks]]")[0])
    files = kit_files(load_course(course.root), 1)
    assert [path for path in files if "greeting" in path and "starter" not in path] == [f"lessons/{STEP}/lesson.toml"]
    assert f"starter/{CLOCK}/app/greeting.py" in files


@pytest.mark.parametrize("count", [-1, 0, 3])
def test_a_number_of_steps_that_there_are_not_is_wrong_use(count: int, course: Course) -> None:
    with pytest.raises(UsageError, match="has 2 steps"):
        kit_files(course, count)


def test_the_engine_is_the_one_that_made_it(course: Course) -> None:
    files = kit_files(course, 1)
    engine = {path.removeprefix("src/"): content for path, content in files.items() if path.startswith("src/")}
    assert engine == {f"courseware/{path}": content for path, content in read_tree(ROOT / "src/courseware").items()}


def test_what_is_installed_is_what_engine_and_application_need() -> None:
    files = kit_files(load_course(ROOT), 1)
    told = tomllib.loads(files["pyproject.toml"].decode())
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    application = tomllib.loads((ROOT / "solutions/contacts_api/pyproject.toml").read_text())["project"]
    assert set(told["project"]["dependencies"]) == {*ours["dependencies"], *application["dependencies"]}
    assert told["project"]["scripts"] == ours["scripts"]
    assert told["project"]["version"] == ours["version"]
    assert told["project"]["requires-python"] == ours["requires-python"]
    pins = files["constraints.txt"].decode().splitlines()
    assert told["tool"]["uv"]["constraint-dependencies"] == pins
    versions = {Requirement(pin).name: Requirement(pin) for pin in pins}
    for text in told["project"]["dependencies"]:
        wanted = Requirement(text)
        exact = next(iter(versions[wanted.name].specifier))
        assert exact.operator == "=="
        assert wanted.specifier.contains(exact.version)


def test_the_readme_says_how_to_install_and_what_to_solve(made: Made) -> None:
    course, kit = made
    text = (kit.folder / "README.md").read_text()
    last = course.step(len(load_course(kit.folder).steps))
    assert "pip install -c constraints.txt ." in text
    assert f"uv run course lab {last.number}" in text
    assert f"workspace/{last.slug}" in text
    assert re.search(r"\{|\}", text) is None


@pytest.mark.parametrize(
    "left_behind",
    [
        f"lessons/{STEP}/examples/__pycache__/01_example.cpython-311.pyc",
        f"lessons/{STEP}/.ipynb_checkpoints/README-checkpoint.md",
        f"lessons/{STEP}/examples/contacts.sqlite3",
        f"starter/{STEP}/app/__pycache__/greeting.cpython-311.pyc",
        f"starter/{STEP}/.env",
        f"checks/{STEP}/__pycache__/test_greeting.cpython-311.pyc",
        "workspace/step_1_greeting/app/greeting.py",
        "notebooks/.ipynb_checkpoints/step_1_greeting-checkpoint.ipynb",
    ],
)
def test_what_work_leaves_behind_stays_out(left_behind: str, course: Course) -> None:
    before = kit_files(course, 1)
    path = course.root / left_behind
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    assert kit_files(course, 1) == before
    assert not any(is_generated(part) for path in before for part in Path(path).parts)


@pytest.mark.parametrize(
    "place",
    [
        f"lessons/{STEP}/examples/02_more.py",
        f"lessons/{STEP}/more",
        f"starter/{STEP}/app/more.py",
        f"checks/{STEP}/more.py",
        "checks/more.py",
    ],
)
def test_a_link_is_refused(place: str, course: Course, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (course.root / place).symlink_to(outside)
    with pytest.raises(UsageError, match="is a link"):
        make_kit(course, 1, tmp_path / "kit")
    assert not (tmp_path / "kit").exists()


SOLUTION = "solutions/greeter/app/greeting.py"
LATER_SOLUTION = "solutions/greeter/app/clock.py"
HIDDEN = f"checks/{STEP}/hidden/test_greeting_hidden.py"
MISTAKES = f"checks/{STEP}/mistakes/task_1.toml"
ALTERNATIVE = f"checks/{STEP}/alternatives/one_file/app/main.py"


@pytest.mark.parametrize("secret", [SOLUTION, LATER_SOLUTION, HIDDEN, MISTAKES, ALTERNATIVE])
@pytest.mark.parametrize(
    "place",
    [
        "checks/conftest.py",
        f"starter/{STEP}/app/notes.txt",
        f"lessons/{STEP}/examples/notes.txt",
        f"notebooks/{STEP}.ipynb",
    ],
)
def test_whatever_is_kept_back_is_found_wherever_it_gets_in(
    secret: str, place: str, course: Course, tmp_path: Path
) -> None:
    text = (course.root / secret).read_text()
    path = course.root / place
    if place.endswith(".ipynb"):
        notebook = json.loads(path.read_bytes())
        notebook["cells"][0]["source"] = text.splitlines(keepends=True)
        path.write_text(json.dumps(notebook))
    elif path.exists():
        path.write_text(path.read_text() + "\n" + text)
    else:
        path.write_text(text)
    if secret == LATER_SOLUTION and place != "checks/conftest.py":
        assert f"{place} would give away" in "\n".join(given_away(course, 1, kit_files(course, 1)))
    # A conftest.py that is no longer Python, or imports the application, is noticed even before.
    errors = (UsageError, CourseFault) if place == "checks/conftest.py" else UsageError
    words = "would give away|did not run the checks" if place == "checks/conftest.py" else "would give away"
    with pytest.raises(errors, match=words):
        make_kit(course, 1, tmp_path / "kit")
    assert not (tmp_path / "kit").exists()
    assert not (tmp_path / "kit.zip").exists()


def test_a_solution_in_the_output_of_a_notebook_is_found(course: Course) -> None:
    path = course.root / "notebooks" / f"{STEP}.ipynb"
    notebook = json.loads(path.read_bytes())
    output = {"output_type": "stream", "name": "stdout", "text": (course.root / SOLUTION).read_text()}
    notebook["cells"].append(
        {"cell_type": "code", "source": [], "metadata": {}, "execution_count": 1, "outputs": [output]}
    )
    path.write_text(json.dumps(notebook))
    assert len(list(given_away(course, 1, kit_files(course, 1)))) == 1


def test_the_sentence_of_a_hidden_check_is_found(course: Course) -> None:
    path = course.root / "lessons" / STEP / "README.md"
    path.write_text(path.read_text() + "\nSpaces around the name\nare not part of the greeting.\n")
    found = list(given_away(course, 1, kit_files(course, 1)))
    assert found == [f"lessons/{STEP}/README.md would give away: Spaces around the name are not part of the greeting."]


def test_a_step_that_is_over_may_be_in_a_later_kit(course: Course) -> None:
    """What step 2 starts from solves step 1: no secret to a class that is at step 2."""
    assert list(given_away(course, 2, kit_files(course, 2))) == []
    assert list(given_away(course, 1, kit_files(course, 2))) != []


def test_a_course_that_lacks_a_file_makes_no_kit(course: Course, tmp_path: Path) -> None:
    (course.root / "notebooks" / f"{STEP}.ipynb").unlink()
    with pytest.raises(UsageError, match="ipynb is missing"):
        make_kit(course, 1, tmp_path / "kit")


def test_a_kit_of_a_kit_is_refused(made: Made, tmp_path: Path) -> None:
    _, kit = made
    with pytest.raises(UsageError, match="it is a kit already"):
        make_kit(load_course(kit.folder), 1, tmp_path / "other")


def test_a_course_without_pinned_versions_has_none(course: Course) -> None:
    files = kit_files(course, 1)
    assert files["constraints.txt"] == b""
    assert tomllib.loads(files["pyproject.toml"].decode())["tool"]["uv"]["constraint-dependencies"] == []
