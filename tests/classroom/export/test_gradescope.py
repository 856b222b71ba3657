"""results.json, held against Gradescope's documentation."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from courseware.classroom.export.gradescope import not_taken_in, results
from courseware.classroom.grading.grading import SubmissionResult
from courseware.verdict import Outcome, Verdict

from .conftest import EMPTY, HOSTILE, ODD, Graded, not_started, result

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parent / "gradescope.schema.json").read_text()))
CHECKS = {"greets": "visible", "trims_name": "hidden", "refuses_blank_name": "visible"}


def verdict_of(made: SubmissionResult) -> Verdict:
    assert made.verdict is not None
    return made.verdict


def shown_to_students(found: dict[str, Any]) -> str:
    """All that a student can read some day, before or after the grades are published."""
    tests = [test for test in found["tests"] if test["visibility"] != "hidden"]
    return json.dumps([found["output"], tests], ensure_ascii=False)


@pytest.mark.bubblewrap
def test_every_submission_with_a_verdict_has_its_file(graded: Graded, tmp_path: Path) -> None:
    folder = tmp_path / "gradescope"
    done = graded.classroom.run("export", "--format", "gradescope", "--output", str(folder), code=1)
    assert f"needs a look  {EMPTY}" in done.stdout
    files = sorted(folder.rglob("*"))
    students = {path.parent.name: json.loads(path.read_text()) for path in files if path.name == "results.json"}
    assert set(students) == set(graded.points)  # so EMPTY has none, least of all one with 0 points
    assert ODD in students
    for student, found in students.items():
        SCHEMA.validate(found)
        assert found["score"] == sum(graded.points[student].values())
        scored = [test for test in found["tests"] if "score" in test]
        assert sum(test["score"] for test in scored) == found["score"]
        assert sum(test["max_score"] for test in scored) == 9
        assert {test["tags"][0]: test["visibility"] for test in scored} == CHECKS
        assert found["execution_time"] > 0
        assert found["output_format"] == found["test_output_format"] == found["test_name_format"] == "text"
        assert "Spaces around" not in shown_to_students(found)
    keeps_spaces = {test["name"]: test for test in students["keeps_spaces"]["tests"]}
    told = keeps_spaces["Task 1.1: checks that are not shown"]
    assert told["visibility"] == "after_published"
    assert told["output"] == "Checks that are not shown: 0 of 1 pass, 0 / 3 points."
    assert "Hello, you!" in students["greets_everybody_alike"]["tests"][1]["output"]
    assert "Hint: Look at the route." in students["greets_everybody_alike"]["tests"][1]["output"]
    start = students["broken"]["tests"][0]
    assert (start["name"], start["status"]) == ("The application starts", "failed")
    assert r"RuntimeError: </failure>\x1b[2J =1+1" in start["output"]


def test_a_second_export_does_not_mix_with_the_first(graded: Graded, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}")
    done = graded.classroom.run("export", "--format", "gradescope", "--output", str(tmp_path), code=2)
    assert "is there already" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_the_name_of_a_hidden_check_is_never_told() -> None:
    """Neither by itself nor by the visible check that waits for it."""
    verdict = verdict_of(result("ada", trims_name="not_trimmed", refuses_blank_name="skipped"))
    waits = verdict.checks[2].model_copy(update={"needs_failed": "trims_name"})
    found = results(verdict.model_copy(update={"checks": (*verdict.checks[:2], waits)}))
    SCHEMA.validate(found)
    assert "It waits for a check that is not shown." in shown_to_students(found)
    assert "trims_name" not in shown_to_students(found)
    assert "not_trimmed" not in shown_to_students(found)


def test_nothing_of_a_submission_is_more_than_text() -> None:
    text = json.dumps(results(verdict_of(result("ada", got=HOSTILE, greets="wrong_status"))), ensure_ascii=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"\\u202eevil" in text


def test_an_application_that_does_not_start_says_why() -> None:
    found = results(verdict_of(not_started("ed", "NameError: name 'aap' is not defined")))
    SCHEMA.validate(found)
    assert "NameError" in found["tests"][0]["output"]
    assert found["tests"][1]["output"] == "Not run. The application does not run."


def test_an_invalid_verdict_has_no_points() -> None:
    verdict = verdict_of(result("ada"))
    error = verdict.checks[0].model_copy(update={"outcome": Outcome.ERROR, "points": 0.0, "detail": "KeyError"})
    with pytest.raises(ValueError, match="no points"):
        results(verdict.model_copy(update={"valid": False, "checks": (error, *verdict.checks[1:])}))


def test_a_refused_submission_is_told_why() -> None:
    found = not_taken_in(f"data.bin is larger than 4 MiB. {HOSTILE}")
    SCHEMA.validate(found)
    assert "data.bin is larger than 4 MiB." in found["output"]
    assert "\x1b" not in json.dumps(found, ensure_ascii=False)
