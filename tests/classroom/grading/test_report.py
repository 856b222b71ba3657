"""`course report` after `course grade`: on the terminal, as CSV, and as a page."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from courseware.base.tree import Tree

from .conftest import Class

Variants = Callable[[int], Iterator[tuple[str, Tree]]]


@pytest.mark.bubblewrap
def test_a_graded_class_in_all_three_forms(classroom: Class, variants: Variants, tmp_path: Path) -> None:
    for student, tree in variants(12):
        classroom.hand_in(student, tree)
    classroom.hand_in("empty", {})
    classroom.run("grade", code=1)

    shown = classroom.run("report", "1").stdout
    assert "12 submissions judged, 4 with full marks, 0 did not start; median 4.5 of 9 points" in " ".join(
        shown.split()
    )
    assert "4 × blank_accepted" in shown
    assert "needs a look  empty: No project was found." in shown

    table, page = tmp_path / "report.csv", tmp_path / "report.html"
    assert classroom.run("report", "--csv", str(table), "--html", str(page)).stdout == ""
    with table.open(encoding="utf-8-sig", newline="") as file:
        lines = {(line["check"], line["message key"]): line for line in csv.DictReader(file)}
    assert lines["trims_name", "not_trimmed"]["students"] == "2"
    assert lines["refuses_blank_name", "blank_accepted"]["failed"] == "4"
    assert lines["greets", "wrong_greeting"]["came"] == 'greeting = "Hello, you!"'
    html = page.read_text(encoding="utf-8")
    assert "Step 1: Greeting" in html
    assert "No project was found." in html


def test_wrong_use_is_said_in_a_sentence(classroom: Class, variants: Variants, tmp_path: Path) -> None:
    assert "Nothing was handed in yet" in classroom.run("report", code=2).stderr
    ((student, tree),) = variants(1)
    classroom.hand_in(student, tree)
    assert "It was not judged yet." in classroom.run("report").stdout
    nowhere = tmp_path / "no" / "report.html"
    assert "cannot be written" in classroom.run("report", "--html", str(nowhere), code=2).stderr
    assert "cannot be written" in classroom.run("report", "--csv", str(tmp_path), code=2).stderr
