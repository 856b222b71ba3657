"""A project in another place than expected is recognised where that is no guess, and never 0 points in silence."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from courseware.base.tree import Tree, write_tree
from courseware.classroom.export.gradescope import autograder_zip
from courseware.classroom.export.gradescope import main as judge_on_gradescope

from .conftest import Class, nbgrader
from .test_grade import said

pytestmark = pytest.mark.bubblewrap

REFERENCE = "finish(1)"
SLUG = "step_1_greeting"


def packed(tree: Tree) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in tree.items():
            file.writestr(path, content)
    return made.getvalue()


def below(place: str, tree: Tree) -> dict[str, bytes]:
    return {f"{place}/{path}": content for path, content in tree.items()}


def handed_in(reference: Tree, starter: Tree) -> dict[str, tuple[Tree, str]]:
    """Submissions by student, each with what is said of it where there are no points."""
    workspace = {**below(f"workspace/{SLUG}", reference), **below("workspace/step_2_clock", starter)}
    kit = {**below(f"kit/starter/{SLUG}", starter), **below("kit", workspace), "kit/lessons/course.toml": b""}
    backup = below(f"kit/workspace/backups/{SLUG}_2026-11-30_10-00-00", starter)
    both = {**below("first try", reference), **below("second try", starter)}
    return {
        "plain": (reference, ""),
        "deeper": (below("my work", reference), ""),
        "much_deeper": (below("Ada Lovelace_4711_assignsubmission_file_/my work/src", reference), ""),
        "workspace": (workspace, ""),
        "two_steps": (below(SLUG, reference) | below("step_2_clock", starter), ""),
        "kit": ({**kit, **backup}, ""),
        "zip_in_zip": ({"work.zip": packed(below("my work", reference))}, ""),
        "changes": (
            {"app/greeting.py": reference["app/greeting.py"], "readme.txt": b"I changed this file."},
            'No project was found. These files came: "app/greeting.py", "readme.txt"',
        ),
        "photograph": ({"screen.png": b"\x89PNG"}, 'No project was found. These files came: "screen.png"'),
        "two_projects": (both, 'Several projects were found: "first try", "second try".'),
        "two_zips": ({"a.zip": packed(reference), "b.zip": packed(starter)}, 'came: "a.zip", "b.zip"'),
        "starter_of_a_kit": (below(f"starter/{SLUG}", starter), "No project was found."),
        "torn_zip": ({"work.zip": packed(reference)[:500]}, '"work.zip" is no whole zip'),
    }


@pytest.mark.parametrize("way", ["folder", "archive"])
def test_a_class(classroom: Class, specimens: dict[str, Tree], way: str) -> None:
    submissions = handed_in(specimens[REFERENCE], specimens["start(1)"])
    archives = classroom.folder.root / "downloaded" / SLUG / "archive"
    archives.mkdir(parents=True)
    for student, (tree, _) in submissions.items():
        if way == "folder":
            classroom.hand_in(student, tree)
        else:
            (archives / f"{student}.zip").write_bytes(packed(tree))
    if way == "archive":
        nbgrader(classroom.folder.root, "zip_collect", SLUG)

    first = said(classroom.run("grade", "--json", code=1).stdout)
    for student, (_, remark) in submissions.items():
        told = first[student]
        assert told["points"] == (None if remark else 9), told
        assert remark in str(told["remark"]), told
        assert bool(told["remark"]) == bool(remark)
    for student, cells in classroom.grades().items():
        expected = (None, True) if submissions[student][1] else (6, False)
        assert cells["task_1_1"] == expected, student
    assert said(classroom.run("grade", "--json", code=1).stdout) == first
    # nbgrader alone gives the same points as the command for classes.
    grades = classroom.grades()
    nbgrader(classroom.folder.root, "autograde", SLUG, "--force")
    assert classroom.grades() == grades
    assert said(classroom.run("grade", "--json", "--force", code=1).stdout) == first


def test_gradescope(classroom: Class, specimens: dict[str, Tree], tmp_path: Path) -> None:
    write_tree(unpacked(autograder_zip(classroom.course, classroom.step, plain=False)), tmp_path / "source")
    submissions = handed_in(specimens[REFERENCE], specimens["start(1)"])
    for student in ("much_deeper", "kit", "zip_in_zip", "changes"):
        tree, remark = submissions[student]
        root = tmp_path / student
        root.mkdir()
        (root / "source").symlink_to(tmp_path / "source")
        write_tree(tree, root / "submission")
        assert judge_on_gradescope(root) == 0
        told = json.loads((root / "results" / "results.json").read_text())
        assert told["score"] == (0 if remark else 9)
        assert remark in told["output"]


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}
