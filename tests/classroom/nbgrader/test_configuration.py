"""The settings that are written for nbgrader are those that this version of it understands."""

import json
import re
from typing import Any

import pytest
from nbgrader.converters import Autograde
from traitlets import import_item
from traitlets.config import Config

from courseware.classroom.nbgrader import CourseFolder, configure, configure_student
from courseware.classroom.nbgrader.preprocessors import JudgeSubmission, MendCells, SavePoints


def classes(trait: Any) -> list[type]:
    return list(trait.default_args[0])


def test_ours_take_the_place_of_nbgrader_s_own_and_all_others_stay(folder: CourseFolder) -> None:
    written = json.loads((folder.root / "nbgrader_config.json").read_text())["Autograde"]
    sanitizing = [import_item(name) for name in written["sanitize_preprocessors"]]
    grading = [import_item(name) for name in written["autograde_preprocessors"]]
    ours = {"Execute": JudgeSubmission, "SaveAutoGrades": SavePoints}
    assert sanitizing == [MendCells, *classes(Autograde.sanitize_preprocessors)]
    assert grading == [ours.get(each.__name__, each) for each in classes(Autograde.autograde_preprocessors)]


def test_every_file_of_the_project_may_be_edited_and_no_other(folder: CourseFolder) -> None:
    c = Config()
    (folder.root / "source" / "step_1_greeting" / "app" / "more.py").write_text("")
    configure(c, folder.root)
    first = ["app/__init__.py", "app/greeting.py", "app/main.py", "app/more.py", "app/web.py"]
    assert c.Autograde.exclude_overwriting["step_1_greeting"] == first
    assert "app/clock.py" in c.Autograde.exclude_overwriting["step_2_clock"]


@pytest.mark.parametrize("archive", ["ada", "ada_step_1_greeting", "ada_step_2_clock", "ada_about_clocks"])
def test_an_archive_is_named_after_its_student_and_perhaps_a_step(folder: CourseFolder, archive: str) -> None:
    c = Config()
    configure(c, folder.root)
    path = f"{folder.root}/downloaded/step_1_greeting/extracted/{archive}/app/main.py"
    found = re.match(c.FileNameCollectorPlugin.named_regexp, path)
    assert found is not None
    student = archive if archive.endswith("about_clocks") else "ada"  # the course has no such step
    assert found.groupdict() == {"student_id": student, "file_id": "app/main.py"}


def test_what_need_not_be_handed_in_stays_at_home(folder: CourseFolder) -> None:
    for setting in (configure, configure_student):
        c = Config()
        setting(c, folder.root)
        assert {".venv", "__pycache__", "*.sqlite3", ".env", "feedback", ".ipynb_checkpoints"} <= set(
            c.CourseDirectory.ignore
        )
