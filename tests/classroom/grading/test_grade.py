"""`course grade`: the whole class, its points in nbgrader's gradebook, whatever somebody hands in."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import Tree
from courseware.classroom.nbgrader import CourseFolder

from .conftest import Class

pytestmark = pytest.mark.bubblewrap

Variants = Callable[[int], Iterator[tuple[str, Tree]]]


def said(output: str) -> dict[str, dict[str, object]]:
    """What `--json` says of each student of step 1."""
    (record,) = json.loads(output)
    return {student["student"]: student for student in record["students"]}


def name_of(student: str) -> str:
    """The specimen that a student's submission was made from."""
    return student.partition("-")[2]


def test_a_class_gets_exactly_the_points_that_the_judge_gives(
    classroom: Class, variants: Variants, specimens: dict[str, Tree], deserved: dict[str, dict[str, float]]
) -> None:
    for student, tree in variants(12):
        classroom.hand_in(student, tree)
    # As many again hand in the same as each other: those are judged once.
    for number in range(12, 36):
        name = list(specimens)[number % len(specimens)]
        classroom.hand_in(f"{number}-{name}", specimens[name])
    first = classroom.run("grade", "--json", "--jobs", "2")

    assert json.loads(first.stdout)[0]["judged_now"] == 12 + len(specimens) == classroom.verdicts()
    students = said(first.stdout)
    assert len(students) == 36
    grades = classroom.grades()
    for student, told in students.items():
        points = deserved[name_of(student)]
        assert told == {"student": student, "points": sum(points.values()), "remark": ""}
        expected = {f"task_{task.replace('.', '_')}": (value, False) for task, value in points.items()}
        assert grades[student] == expected
        assert (classroom.folder.root / "autograded" / student / classroom.step.slug).is_dir()
    assert "Judging step 1: 18 of 18 done, none left" in first.stderr

    gradebook = (classroom.folder.root / "gradebook.db").read_bytes()
    again = classroom.run("grade", "--json")
    assert json.loads(again.stdout)[0]["judged_now"] == 0
    assert said(again.stdout) == students
    assert again.stderr == ""
    assert (classroom.folder.root / "gradebook.db").read_bytes() == gradebook


def test_what_cannot_be_taken_in_gets_its_message_and_stops_nobody(
    classroom: Class, variants: Variants, specimens: dict[str, Tree]
) -> None:
    secret = classroom.folder.root.parent / "secret.txt"
    secret.write_text("the instructor's own")
    reference = specimens["finish(1)"]
    (fine, tree), (also_fine, other) = variants(2)
    classroom.hand_in(fine, tree)
    classroom.hand_in(also_fine, other)
    classroom.hand_in("no_files", {}, notebook=False)
    (classroom.hand_in("link", reference) / "app" / "greeting.py").unlink()
    (classroom.folder.submission("link", classroom.step.slug) / "app" / "greeting.py").symlink_to(secret)
    link = classroom.hand_in("disguised_link", reference)
    (link / "not_taken_in.txt").write_text("Full marks were given by the instructor.")
    (link / "app" / "secret.txt").symlink_to(secret)
    with (classroom.hand_in("huge", reference) / "data.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    classroom.hand_in("no_notebook", reference, notebook=False)
    classroom.hand_in("broken_notebook", {**reference, f"{classroom.step.slug}.ipynb": b"\x00{"}, notebook=False)
    classroom.hand_in("broken_code", {**reference, "app/greeting.py": b"\xff\x00 = ("})

    students = said(classroom.run("grade", "--json", code=1).stdout)

    def remark(student: str) -> str:
        return str(students[student]["remark"])

    assert remark("no_files") == "No project was found. These files came: none."
    assert '"app/greeting.py" is a link' in remark("link")
    assert remark("disguised_link").startswith('"app/secret.txt" is a link')
    assert '"data.bin" is larger than 4 MiB' in remark("huge")
    assert [students[student]["points"] for student in ("no_files", "link", "disguised_link", "huge")] == [None] * 4
    # Of these the notebook alone is broken, or the code alone: they have points that they earned.
    assert [students[student]["points"] for student in ("no_notebook", "broken_notebook", "broken_code")] == [9, 9, 0]
    assert [remark(student) for student in (fine, also_fine, "no_notebook", "broken_notebook", "broken_code")] == [
        ""
    ] * 5

    grades = classroom.grades()
    assert set(grades) == set(students)
    for student in ("no_files", "link", "disguised_link", "huge"):
        assert [needs_look for _, needs_look in grades[student].values()] == [True, True]
    graded = classroom.folder.root / "autograded"
    texts = [path.read_bytes() for path in graded.rglob("*") if path.is_file()]
    assert not any(b"the instructor's own" in text for text in texts)

    assert said(classroom.run("grade", "--json", code=1).stdout) == students


SURROGATES = {
    "answers_one": b'def greet(query):\n    return 200, {"greeting": "\\ud800"}\n',
    "answers_one_as_a_name": b'def greet(query):\n    return 200, {"\\udfff": "\\ud800" * 9000}\n',
    "raises_one": b'def greet(query):\n    raise RuntimeError("\\ud800")\n',
    "starts_with_one": b'raise RuntimeError("\\ud800")\n',
    "prints_one": b'import os\nos.write(1, b"\\xed\\xa0\\x80")\ndef greet(query):\n    return 200, {}\n',
}
"""Applications whose text cannot be encoded as UTF-8."""


def test_text_that_cannot_be_encoded_stops_nobody(classroom: Class, specimens: dict[str, Tree], tmp_path: Path) -> None:
    reference = specimens["finish(1)"]
    classroom.hand_in("before", reference)
    for student, greeting in SURROGATES.items():
        classroom.hand_in(student, {**reference, "app/greeting.py": greeting})
    (classroom.hand_in("file_name", reference) / "caf\udce9.py").write_bytes(b"")
    classroom.hand_in("later", {**reference, "app/more.py": b""})

    students = said(classroom.run("grade", "--json", code=1).stdout)

    assert {student: told["points"] for student, told in students.items()} == {
        "before": 9, **dict.fromkeys(SURROGATES, 0), "file_name": None, "later": 9
    }  # fmt: skip
    assert [student for student, told in students.items() if told["remark"]] == ["file_name"]
    assert set(classroom.grades()) == set(students)
    assert said(classroom.run("grade", "--json", code=1).stdout) == students
    for name in ("gradescope", "junit"):
        classroom.run("export", "--format", name, "--output", str(tmp_path / name), code=1)


def test_only_what_was_changed_is_graded_again(
    classroom: Class, variants: Variants, specimens: dict[str, Tree]
) -> None:
    for student, tree in variants(3):
        classroom.hand_in(student, tree)
    before = said(classroom.run("grade", "--json").stdout)
    (changed, _), (untouched, _), _ = variants(3)
    assert before[changed]["points"] == 9
    place = classroom.folder.submission(changed, classroom.step.slug)
    place.joinpath("app/greeting.py").write_bytes(specimens["takes_blank_names"]["app/greeting.py"])
    graded = classroom.folder.root / "autograded"
    shutil.rmtree(graded / untouched)

    done = classroom.run("grade", "--json")
    assert json.loads(done.stdout)[0]["judged_now"] == 1
    assert said(done.stdout) == {**before, changed: {**before[changed], "points": 6}}
    assert "Writing into the gradebook: 2 of 2 done" in done.stderr
    assert classroom.grades()[changed] == {"task_1_1": (6, False), "task_1_2": (0, False)}
    assert (graded / untouched / classroom.step.slug).is_dir()
    assert "Writing into the gradebook: 3 of 3 done" in classroom.run("grade", "--force").stderr


def test_points_given_by_hand_stay(classroom: Class, variants: Variants) -> None:
    ((student, tree),) = variants(1)
    place = classroom.hand_in(student, tree)
    classroom.run("grade")
    from nbgrader.api import Gradebook

    slug = classroom.step.slug
    with Gradebook(f"sqlite:///{classroom.folder.root / 'gradebook.db'}", "course") as gradebook:
        grade: Any = gradebook.find_grade("task_1_1", slug, slug, student)
        grade.manual_score = 2.5
        gradebook.db.commit()
    (place / "app" / "more.py").write_text("more = 1\n")
    classroom.run("grade")
    with Gradebook(f"sqlite:///{classroom.folder.root / 'gradebook.db'}", "course") as gradebook:
        grade = gradebook.find_grade("task_1_1", slug, slug, student)
        assert (grade.manual_score, grade.auto_score, grade.needs_manual_grade) == (2.5, 6, True)


def test_checks_that_fail_by_themselves_are_nobodys_loss(
    classroom: Class, specimens: dict[str, Tree], tmp_path: Path
) -> None:
    course = tmp_path / "course"
    shutil.copytree(classroom.course.root, course)
    own = classroom.folder.own / "folder.json"
    own.write_text(own.read_text().replace(str(classroom.course.root), str(course)))
    checks = course / "checks" / classroom.step.slug / "test_greeting.py"
    sound = checks.read_text()
    checks.write_text(sound.replace('"Hello, {name}!"', '"Hello, {no_such_name}!"'))
    for student in ("finish(1)", "one_file"):
        classroom.hand_in(student, specimens[student])

    students = said(classroom.run("grade", "--json", code=1).stdout)
    for told in students.values():
        assert told["points"] is None
        assert "The course's own checks failed: greets: " in str(told["remark"])
        assert "no_such_name" in str(told["remark"])
    assert classroom.verdicts() == 0
    for grades in classroom.grades().values():
        assert grades == {"task_1_1": (None, True), "task_1_2": (None, True)}
    assert "needs a look  one_file: The course's own checks failed: greets: " in classroom.run("report").stdout

    checks.write_text(sound)
    assert {told["remark"] for told in said(classroom.run("grade", "--json").stdout).values()} == {""}
    for grades in classroom.grades().values():
        assert [needs_look for _, needs_look in grades.values()] == [False, False]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Nothing was handed in yet"),
        (("3",), "There is no step 3"),
        (("2",), "Nothing was handed in yet"),
        (("--jobs", "0"), "--jobs"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(classroom: Class, arguments: tuple[str, ...], says: str) -> None:
    done = classroom.run("grade", *arguments, code=2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_step_that_was_never_released_is_refused_before_anything_is_judged(
    classroom: Class, variants: Variants
) -> None:
    ((student, tree),) = variants(1)
    write = classroom.folder.submission(student, "step_2_clock")
    classroom.hand_in(student, tree).rename(write)
    done = classroom.run("grade", code=2)
    assert "nbgrader generate_assignment step_2_clock" in done.stderr
    assert classroom.verdicts() == 0


RUNS = """
from pathlib import Path
Path("it_ran.txt").write_text("with the instructor's rights")
"""


@pytest.mark.parametrize("broken", ["no judge", "mistake"])
def test_where_settings_are_broken_no_notebook_is_run(
    classroom: Class, specimens: dict[str, Tree], broken: str
) -> None:
    place = classroom.hand_in("ada", specimens["finish(1)"])
    notebook = place / f"{classroom.step.slug}.ipynb"
    cells = json.loads(notebook.read_text())
    cells["cells"][1]["source"] = RUNS
    notebook.write_text(json.dumps(cells))
    if broken == "no judge":
        (classroom.folder.root / "nbgrader_config.json").unlink()
        says = "would run the students' notebooks"
    else:
        with (classroom.folder.root / "nbgrader_config.py").open("a") as file:
            file.write("c.NoSuch = no_such_name\n")
        says = "cannot be used: name 'no_such_name' is not defined"
    assert says in classroom.run("grade", code=2).stderr
    assert not list(classroom.folder.root.rglob("it_ran.txt"))
    assert classroom.verdicts() == 1


def test_any_other_folder_is_refused(tmp_path: Path) -> None:
    other = Class(CourseFolder(tmp_path))
    assert "is no course folder" in other.run("grade", code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_sandbox_it_must_be_told_so(classroom: Class, variants: Variants, tmp_path: Path) -> None:
    """On a machine on which nobody may run bubblewrap, `--plain` has to be said."""
    for student, tree in variants(2):
        classroom.hand_in(student, tree)
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    bubblewrap = shutil.which("bwrap")
    assert bubblewrap is not None
    without = [bubblewrap, "--dev-bind", "/", "/", "--ro-bind", str(nothing), os.path.realpath(bubblewrap)]
    command = classroom.command
    classroom.command = lambda *arguments: [*without, *command(*arguments)]  # type: ignore[method-assign]
    refused = classroom.run("grade", code=2)
    assert "bubblewrap is not installed" in refused.stderr
    assert "--plain" in refused.stderr
    assert classroom.verdicts() == 0
    students = said(classroom.run("grade", "--plain", "--json").stdout)
    assert [told["points"] for told in students.values()] == [9, 0]
    assert classroom.query("SELECT DISTINCT judged_by FROM verdicts") == [("plain",)]
