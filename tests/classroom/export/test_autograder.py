"""The autograder's two scripts, run as Gradescope runs them, in a folder in place of /autograder."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import Tree, write_tree
from courseware.classroom.nbgrader import CourseFolder

from ..grading.conftest import Class
from .conftest import BROKEN, REFERENCE
from .test_gradescope import SCHEMA, shown_to_students

SECONDS = 600


@dataclass
class Autograder:
    """Gradescope's folder, with the zip file unpacked in it. `inside` stands before every command."""

    root: Path
    inside: tuple[str, ...] = ()

    def run(self, script: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Runs one of the scripts, as the program that it must be."""
        done = subprocess.run(
            [*self.inside, str(self.root / "source" / script)],
            cwd=self.root,
            env={**os.environ, "AUTOGRADER": str(self.root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def hand_in(self, tree: Tree) -> None:
        shutil.rmtree(self.root / "submission", ignore_errors=True)
        write_tree(tree, self.root / "submission")

    def results(self, tree: Tree) -> dict[str, Any]:
        self.hand_in(tree)
        self.run("run_autograder")
        found: dict[str, Any] = json.loads((self.root / "results" / "results.json").read_text())
        SCHEMA.validate(found)
        return found


@pytest.fixture
def classroom(released: Path, tmp_path: Path) -> Class:
    shutil.copytree(released / "class", tmp_path / "class")
    return Class(CourseFolder(tmp_path / "class"))


def unpacked(classroom: Class, root: Path, *arguments: str) -> Autograder:
    """An autograder as the command makes it, unpacked."""
    file = root / "autograder.zip"
    root.mkdir()
    classroom.run("export", "1", "--format", "autograder", "--output", str(file), *arguments)
    with zipfile.ZipFile(file) as content:
        for entry in content.infolist():
            place = Path(content.extract(entry, root / "source"))
            place.chmod(stat.S_IMODE(entry.external_attr >> 16))
    (root / "results").mkdir()
    return Autograder(root)


def ready(made: Autograder) -> Autograder:
    """What setup.sh does, but with the libraries of this very environment."""
    python = made.root / "python" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{made.root}/source/engine/src" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return made


@pytest.fixture
def autograder(classroom: Class, tmp_path: Path) -> Autograder:
    return ready(unpacked(classroom, tmp_path / "autograder"))


@pytest.mark.bubblewrap
def test_it_gives_each_submission_its_points(
    autograder: Autograder, specimens: dict[str, Tree], deserved: dict[str, dict[str, float]]
) -> None:
    assert len(specimens) >= 6
    for name, tree in specimens.items():
        found = autograder.results(tree)
        assert found["score"] == sum(deserved[name].values()), name
        assert "Spaces around" not in shown_to_students(found)
        assert found["extra_data"]["judged_by"] == "bubblewrap"


@pytest.mark.bubblewrap
def test_what_does_not_start_or_cannot_be_taken_in_is_told_to_its_author(
    autograder: Autograder, specimens: dict[str, Tree]
) -> None:
    broken = autograder.results({**specimens[REFERENCE], **BROKEN})
    assert "cannot be imported" in broken["tests"][0]["output"]
    empty = autograder.results({"notes/only.ipynb": b"{}"})
    assert empty["score"] == 0
    assert empty["tests"][0]["status"] == "failed"
    assert "could not be taken in" in empty["output"]


@pytest.mark.bubblewrap
def test_a_fault_of_the_course_gives_no_points_and_not_even_0(
    autograder: Autograder, specimens: dict[str, Tree]
) -> None:
    autograder.results(specimens[REFERENCE])
    checks = autograder.root / "source" / "course" / "checks" / "step_1_greeting" / "test_greeting.py"
    checks.write_text(checks.read_text().replace("answer.expect_status", "no_such_name.expect_status"))
    done = autograder.run("run_autograder", code=1)
    assert "needs a look" in done.stderr
    assert "no_such_name" in done.stderr
    assert not (autograder.root / "results" / "results.json").exists()


def test_the_zip_file_is_as_gradescope_wants_it(classroom: Class, tmp_path: Path) -> None:
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"
    for file in (first, second):
        told = classroom.run("export", "1", "--format", "autograder", "--output", str(file)).stdout
        assert "contains the hidden checks" in told
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as content:
        names = set(content.namelist())
        for script in ("setup.sh", "run_autograder"):  # at the root, and run as programs
            assert stat.S_IMODE(content.getinfo(script).external_attr >> 16) == 0o755
            assert content.read(script).startswith(b"#!/usr/bin/env bash\n")
            assert b"\r" not in content.read(script)
    assert "course/checks/step_1_greeting/hidden/test_greeting_hidden.py" in names
    assert "engine/src/courseware/judging/judgement.py" in names
    assert [name for name in names if "solutions" in name or ("step_2" in name and "checks" in name)] == []
    assert [name for name in names if "__pycache__" in name or "/mistakes/" in name] == []


@pytest.mark.bubblewrap
def test_judging_without_a_sandbox_has_to_be_said(classroom: Class, tmp_path: Path, specimens: dict[str, Tree]) -> None:
    """On a machine on which nobody may run bubblewrap."""
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    bubblewrap = shutil.which("bwrap")
    assert bubblewrap is not None
    without = (bubblewrap, "--dev-bind", "/", "/", "--ro-bind", str(nothing), os.path.realpath(bubblewrap))

    strict = ready(unpacked(classroom, tmp_path / "strict"))
    strict.inside = without
    strict.hand_in(specimens[REFERENCE])
    assert "bubblewrap is not installed" in strict.run("run_autograder", code=1).stderr
    assert list((strict.root / "results").iterdir()) == []

    lenient = ready(unpacked(classroom, tmp_path / "lenient", "--plain"))
    assert lenient.results(specimens[REFERENCE])["extra_data"]["judged_by"] == "bubblewrap"
    lenient.inside = without
    found = lenient.results(specimens[REFERENCE])
    assert (found["score"], found["extra_data"]["judged_by"]) == (9, "plain")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--format", "autograder"), "for one step"),
        (("7", "--format", "autograder"), "There is no step 7"),
        (("1", "--format", "canvas", "--plain"), "--plain is for --format autograder"),
        (("1", "--format", "canvas"), "Nothing was handed in yet"),
        (("1", "--format", "excel"), "--format"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(
    classroom: Class, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = classroom.run("export", *arguments, "--output", str(tmp_path / "out"), code=2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.bubblewrap
def test_setup_installs_an_engine_that_judges(classroom: Class, tmp_path: Path, specimens: dict[str, Tree]) -> None:
    if os.environ.get("COURSE_REQUIRE_ALL") != "1":
        pytest.skip("it installs packages from the network: COURSE_REQUIRE_ALL=1 runs it")
    made = unpacked(classroom, tmp_path / "autograder")
    assert "The sandbox works." in made.run("setup.sh").stdout
    assert made.results(specimens[REFERENCE])["score"] == 9
    assert made.results(specimens["keeps_spaces"])["score"] == 3
