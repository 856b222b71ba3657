"""A class goes through nbgrader's own commands, from the release of a step to its feedback and marks."""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from courseware.author.mistakes import mistakes_of
from courseware.base.tree import digest, read_tree, write_tree
from courseware.classroom.grading.handed_in import class_of
from courseware.classroom.judgements.journal import Key
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.submissions import REFUSAL, SECRET, TIMESTAMP, project_in
from courseware.course import Course
from courseware.course.stages import finish
from courseware.judging.judgement import checks_version

from .conftest import NOTEBOOK, SLUG, Grade, Nbgrader, grade_by_hand, grades, hand_in

pytestmark = pytest.mark.bubblewrap

ROOT = Path(__file__).parents[3]
HIDDEN = ("Spaces around the name", "Spaces are not part of a name", "trims_name", "not_trimmed", "%20%20")
ADDRESS = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//[^"'>\s]*|url\(\s*["']?(?:https?:)?//|@import[^;]*""")
ANSWER = "Because nobody is called nothing."
SCRIPT = "<script>steal()</script><img src=x onerror=steal()>[click](javascript:steal())"
FULL = {"task_1_1": Grade(6, None, needs_look=False), "task_1_2": Grade(3, None, needs_look=False)}


ASKED_FOR = {"conftest.py": b"", "tests/conftest.py": b"COLLECT = True\n"}
DEPLOYMENT = {
    ".github/workflows/ci.yml": b"on: push\n",
    ".env.example": b"GREETING=Hello\n",
    "Dockerfile": b"FROM scratch\n",
}


def ask_for_tests(course: Course, folder: CourseFolder) -> None:
    """Have step 1 ask for the settings of tests, and release files of a deployment."""
    lesson = course.step(1).lesson_folder / "lesson.toml"
    lesson.write_text(f'hands_in = ["conftest.py", "tests/**"]\n{lesson.read_text()}')
    write_tree(DEPLOYMENT, folder.root / "source" / SLUG)


def points(graded: Mapping[str, Grade]) -> list[float | None]:
    """The points of both tasks."""
    return [graded["task_1_1"].auto, graded["task_1_2"].auto]


def answered(notebook: bytes) -> bytes:
    """The notebook with an answer in words where it belongs."""
    written = json.loads(notebook)
    next(cell for cell in written["cells"] if cell["id"] == "question_1_a")["source"] = [ANSWER]
    return json.dumps(written).encode()


def spoil(notebook: Path) -> None:
    """Deletes one grade cell, edits another one and its marks, and copies the question."""
    written = json.loads(notebook.read_text())
    cells = {cell["id"]: cell for cell in written["cells"]}
    forged = {**cells["task_1_2"], "source": ["6.0"], "outputs": []}
    forged["metadata"] = {"nbgrader": {**forged["metadata"]["nbgrader"], "points": 600}}
    renamed = {**cells["task_1_2"], "id": "renamed"}
    renamed["metadata"] = {"nbgrader": {**forged["metadata"]["nbgrader"], "grade_id": "task_9_9"}}
    odd = {"cell_type": "markdown", "id": "odd", "metadata": {"nbgrader": "odd"}, "source": []}
    copied = {**cells["question_1_a"], "id": "copied"}
    written["cells"] = [odd, cells["question_1_a"], forged, renamed, copied]
    notebook.write_text(json.dumps(written))


def attack(notebook: Path) -> None:
    """Writes scripts for whoever looks at the notebook wherever one can write."""
    written = json.loads(notebook.read_text())
    output = {"output_type": "display_data", "data": {"text/html": SCRIPT}, "metadata": {}}
    code = {"id": "code", "cell_type": "code", "outputs": [output], "execution_count": 1}
    code["source"] = [f"open({str(notebook.parents[3] / 'was_run')!r}, 'w')"]
    own: list[dict[str, object]] = [{"id": "raw", "cell_type": "raw"}, {"id": "text", "cell_type": "markdown"}, code]
    written["cells"] += [{"metadata": {}, "source": [SCRIPT], **cell} for cell in own]
    next(cell for cell in written["cells"] if cell["id"] == "question_1_a")["source"] = [SCRIPT]
    notebook.write_text(json.dumps(written))


def feedback(folder: CourseFolder, student: str) -> str:
    return (folder.root / "feedback" / student / SLUG / f"{SLUG}.html").read_text()


@pytest.mark.long
def test_a_class_through_the_exchange(course: Course, folder: CourseFolder, nbgrader: Nbgrader, tmp_path: Path) -> None:
    reference = finish(course, 1)
    mistakes = {mistake.id: mistake for mistake in mistakes_of(course.step(1))}
    settings = folder.root / "nbgrader_config.py"
    settings.write_text(settings.read_text().replace("percent_per_day = 0", "percent_per_day = 100"))
    ask_for_tests(course, folder)

    # The instructor releases the step: starters, and no solution among them.
    nbgrader("generate_assignment", SLUG)
    nbgrader("release_assignment", SLUG)
    nbgrader("db", "assignment", "add", SLUG, "--duedate", "2099-01-01 12:00:00 UTC")
    released = read_tree(folder.root / "release" / SLUG)
    assert b"NotImplementedError" in released["app/greeting.py"]

    # Ada fetches, works and submits; what running the project leaves behind stays at home.
    home = tmp_path / "ada"
    shutil.copytree(folder.root / "for_students", home)
    nbgrader("fetch_assignment", SLUG, cwd=home)
    work = home / SLUG
    assert {path: content for path, content in read_tree(work).items() if path != NOTEBOOK} == {
        path: content for path, content in released.items() if path != NOTEBOOK
    }
    assert read_tree(work).items() >= DEPLOYMENT.items()
    left_behind = {".venv/lib.py": b"", "test.db": b"", ".env": b"SECRET=1\n"}
    write_tree({**reference, **ASKED_FOR, "app/words.py": b'GREETING = "Hello"\n', **left_behind}, work)
    greeting = reference["app/greeting.py"].decode()
    (work / "app" / "greeting.py").write_text(f"from app.words import GREETING  # noqa: F401\n{greeting}")
    (work / NOTEBOOK).write_bytes(answered((work / NOTEBOOK).read_bytes()))
    nbgrader("submit", SLUG, "--student", "ada", cwd=home)
    inbound = folder.root / "exchange" / "greeter" / "inbound"
    (submitted,) = inbound.iterdir()
    for student in ("thief", "giant"):
        copied = inbound / submitted.name.replace("ada+", f"{student}+")
        shutil.copytree(submitted, copied)
        (copied / SECRET).write_text(student)  # it tells whose feedback is whose
    (thief,) = inbound.glob("thief+*")
    (thief / "app" / "stolen").symlink_to(folder.own)
    (thief / NOTEBOOK).unlink()
    (giant,) = inbound.glob("giant+*")
    with (giant / "film.bin").open("wb") as film:
        film.truncate(200 * 1024 * 1024)
    nbgrader("collect", SLUG)
    assert not (folder.submission("thief", SLUG) / "app").exists()
    collected = folder.submission("ada", SLUG)
    assert (collected / "app" / "words.py").is_file()
    assert [path for path in left_behind if (collected / path).exists()] == []
    step = folder.course.step(1)
    assert project_in(folder, "ada", step).tree.keys() == {*reference, *ASKED_FOR, *DEPLOYMENT, "app/words.py"}

    # The others, as they come.
    hand_in(folder, "starter", {})
    for identifier in mistakes:
        hand_in(folder, identifier, mistakes[identifier].made_in(reference))
    spoil(hand_in(folder, "spoiler", reference) / NOTEBOOK)
    attack(hand_in(folder, "attacker", reference) / NOTEBOOK)
    (hand_in(folder, "damaged", reference) / NOTEBOOK).write_text("{")
    (hand_in(folder, "linker", reference) / "app" / "secret.py").symlink_to(settings)
    empty = hand_in(folder, "empty", {})
    for path in project_in(folder, "empty", step).tree:
        (empty / path).unlink()
    with (hand_in(folder, "huge", reference) / "film.bin").open("wb") as film:
        film.truncate(200 * 1024 * 1024)
    (hand_in(folder, "late", reference) / TIMESTAMP).write_text("2099-01-02 12:00:00 UTC")
    noisy = "import sys\nprint('noise', file=sys.stderr)\nprint('6.0')\n"
    hand_in(folder, "noisy", {**reference, "app/greeting.py": f"{noisy}{greeting}".encode()})

    nbgrader("autograde", SLUG)
    graded = grades(folder)
    assert {student: points(graded[student]) for student in graded} == {
        "ada": [6, 3],
        "starter": [0, 0],
        "greets_everybody_alike": [0, 0],
        "takes_blank_names": [6, 0],
        "keeps_spaces": [3, 0],
        "spoiler": [6, 3],
        "attacker": [6, 3],
        "damaged": [6, 3],
        "linker": [None, None],
        "thief": [None, None],
        "giant": [None, None],
        "empty": [None, None],
        "huge": [None, None],
        "late": [6, 3],
        "noisy": [6, 3],
    }
    assert not (folder.root / "was_run").exists()
    needing_a_look = {student for student in graded if graded[student]["task_1_1"].needs_look}
    assert needing_a_look == {"thief", "giant", "linker", "empty", "huge"}
    assert graded["ada"]["question_1_a"] == Grade(None, None, needs_look=True)
    assert graded["starter"]["question_1_a"] == Grade(0, None, needs_look=False)
    assert b"get_config" not in b"".join(read_tree(folder.root / "autograded" / "linker").values())
    cells = [
        cell["id"] for cell in json.loads((folder.root / "autograded/spoiler" / SLUG / NOTEBOOK).read_text())["cells"]
    ]
    assert cells.count("task_1_1") == 1

    # An instructor grades by hand; then the checks break, are mended, and everything is graded again.
    grade_by_hand(folder, "ada", "question_1_a", 1)
    grade_by_hand(folder, "keeps_spaces", "task_1_1", 5)
    check = course.step(1).hidden_checks_folder / "test_greeting_hidden.py"
    right = check.read_text()
    check.write_text(right.replace("answer.expect_value", "answer.no_such_thing"))
    said = nbgrader("autograde", SLUG, "--student", "late", "--force")
    assert "could not be judged and needs a look" in said.stderr
    assert "no_such_thing" in said.stderr
    broken = {"task_1_1": Grade(None, None, needs_look=True), "task_1_2": Grade(None, None, needs_look=True)}
    assert grades(folder)["late"].items() >= broken.items()
    assert "It is not your mistake" in (folder.root / "autograded/late" / SLUG / NOTEBOOK).read_text()
    assert "no_such_thing" not in (folder.root / "autograded/late" / SLUG / NOTEBOOK).read_text()
    check.write_text(right)
    nbgrader("autograde", SLUG, "--force")
    again = grades(folder)
    assert again["late"].items() >= FULL.items()
    assert again["ada"]["question_1_a"].manual == 1
    assert again["keeps_spaces"]["task_1_1"] == Grade(3, 5, needs_look=True)

    # Feedback and marks.
    nbgrader("generate_feedback", SLUG)
    nbgrader("release_feedback", SLUG)
    pages = {student: feedback(folder, student) for student in graded}
    for student, page in pages.items():
        assert [text for text in HIDDEN if text in page] == [], student
        assert ADDRESS.findall(page) == [], student
    assert "✔ solved, 6 of 6 points" in pages["ada"]
    assert ANSWER in pages["ada"]
    assert "Checks that are not shown: 0 of 1 pass, 0 / 3 points." in pages["keeps_spaces"]
    assert "NotImplementedError: Task 1.1" in pages["starter"]
    assert '"app/secret.py" is a link' in pages["linker"]
    assert '"app/stolen" is a link' in pages["thief"]
    assert '"film.bin" is larger than 4 MiB' in pages["huge"]
    assert '"film.bin" is larger than 4 MiB' in pages["giant"]
    assert "No project was found." in pages["empty"]
    assert "it is damaged" in pages["damaged"]
    assert not re.search(r"<script>|<img src=x|href=.javascript", pages["attacker"])
    assert "&lt;script&gt;steal()" in pages["attacker"]
    nbgrader("fetch_feedback", SLUG, cwd=home)
    fetched = list(home.glob(f"{SLUG}/feedback/*/{SLUG}.html"))
    assert [path.read_text() for path in fetched] == [pages["ada"]]
    nbgrader("export")
    with (folder.root / "grades.csv").open(newline="") as file:
        marks = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {student: float(row["score"]) for student, row in marks.items()} == {
        **{student: float(sum(each or 0 for each in points(graded[student]))) for student in graded},
        "ada": 10,
        "keeps_spaces": 5,
        "late": 0,
    }
    assert float(marks["late"]["late_submission_penalty"]) == 9


def test_no_notebook_is_run_even_if_the_settings_cannot_be_read(
    course: Course, folder: CourseFolder, nbgrader: Nbgrader
) -> None:
    nbgrader("generate_assignment", SLUG)
    attack(hand_in(folder, "ada", finish(course, 1)) / NOTEBOOK)
    (folder.root / "nbgrader_config.py").write_text("c = get_config(\n")
    assert "Exception while loading config file" in nbgrader("autograde", SLUG).stderr
    assert points(grades(folder)["ada"]) == [6, 3]
    assert not (folder.root / "was_run").exists()


@pytest.mark.long
def test_zip_files_from_elsewhere(course: Course, folder: CourseFolder, nbgrader: Nbgrader) -> None:
    reference = finish(course, 1)
    ask_for_tests(course, folder)
    nbgrader("generate_assignment", SLUG)
    released = read_tree(folder.root / "release" / SLUG)
    archives = folder.root / "downloaded" / SLUG / "archive"
    archives.mkdir(parents=True)

    def pack(name: str, tree: Mapping[str, bytes]) -> None:
        with zipfile.ZipFile(archives / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in tree.items():
                archive.writestr(path, content)

    whole = {**released, **reference, **ASKED_FOR, NOTEBOOK: answered(released[NOTEBOOK])}
    forged = {TIMESTAMP: b"2001-01-01 00:00:00 UTC", SECRET: b"known"}
    pack("ada.zip", whole)
    pack(f"bob_{SLUG}.zip", {f"{SLUG}/{path}": content for path, content in {**whole, **forged}.items()})
    pack("cleo.ZIP", reference)
    pack("bomb.zip", {**whole, "app/bomb.py": b"\0" * 3_000_000})
    pack("climber.zip", {**whole, "../../climbed.py": b""})
    (archives / "torn.zip").write_bytes((archives / "ada.zip").read_bytes()[:500])
    (archives / "letter.txt").write_text("Dear instructor")

    refused = ("bomb", "climber", "torn", "letter")
    nbgrader("zip_collect", SLUG)
    for student in ("ada", "bob", "cleo", *refused):
        place = folder.submission(student, SLUG)
        assert len((place / SECRET).read_text()) == 128
        assert not (place / TIMESTAMP).read_text().startswith("2001")
        assert (place / REFUSAL).exists() == (student in refused)
    assert list(folder.root.rglob("climbed.py")) == []
    step = folder.course.step(1)
    keys = {each.student: each.key for each in class_of(folder, step, sandbox="bubblewrap")}
    for student in ("ada", "bob"):
        tree = project_in(folder, student, step).tree
        assert tree == {**reference, **ASKED_FOR, **DEPLOYMENT}
        assert keys[student] == Key(digest(tree), 1, checks_version(folder.course, step, hidden=True))
    nbgrader("autograde", SLUG)
    graded = grades(folder)
    assert {student: points(graded[student]) for student in graded} == {
        "ada": [6, 3],
        "bob": [6, 3],
        "cleo": [6, 3],
        **{student: [None, None] for student in refused},
    }
    assert {student for student in graded if graded[student]["task_1_2"].needs_look} == set(refused)
    assert graded["bob"]["question_1_a"] == Grade(None, None, needs_look=True)
    nbgrader("generate_feedback", SLUG)
    nbgrader("release_feedback", SLUG)
    assert ANSWER in feedback(folder, "ada")
    assert len(list((folder.root / "exchange" / "greeter" / "feedback").glob("*.html"))) == 7
    assert "torn.zip is no whole zip" in feedback(folder, "torn")
    assert "letter.txt is no whole zip" in feedback(folder, "letter")
    assert str(folder.root) not in feedback(folder, "torn")
