"""JUnit's XML, held against the schema that Jenkins has for it."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from courseware.classroom.export.junit import junit_xml
from courseware.classroom.grading.grading import SubmissionResult
from courseware.course import Step
from courseware.verdict import Outcome

from .conftest import EMPTY, HOSTILE, Graded, not_started, result

# junit-10.xsd of Jenkins' xUnit plugin: an element's children, the attributes it must have, and those it may have.
FACTS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"time", "classname", "group"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
    "skipped": (set(), set(), {"type", "message"}),
}
TEXT = {"failure", "error", "skipped", "system-out", "system-err"}
TIME = re.compile(r"\d{1,3}(\.\d+)?|\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def read(content: bytes) -> Element:
    """The file's root, whose every element is as the schema has it, and whose counts are right."""
    root = fromstring(content)  # noqa: S314 - we wrote it
    assert root.tag == "testsuites"
    for element in root.iter():
        children, required, optional = FACTS[element.tag]
        assert {child.tag for child in element} <= children
        assert required <= set(element.attrib) <= required | optional
        assert element.tag in TEXT or not (element.text or "").strip()
        assert TIME.fullmatch(element.get("time", "0"))
        assert TIMESTAMP.fullmatch(element.get("timestamp", "2026-11-20T12:00:00"))
    for counted in (root, *root):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if name in counted.attrib:
                assert int(counted.attrib[name]) == len(list(counted.iter(tag)))
    return root


def outcomes(root: Element) -> dict[str, str]:
    """Every case's outcome, by its name."""
    return {case.attrib["name"]: case[0].tag if len(case) else "passed" for case in root.iter("testcase")}


@pytest.mark.bubblewrap
def test_every_submission_has_its_file(graded: Graded, tmp_path: Path) -> None:
    folder = tmp_path / "junit"
    graded.classroom.run("export", "--format", "junit", "--output", str(folder), code=1)
    found = {path.stem: read(path.read_bytes()) for path in (folder / graded.step.slug).iterdir()}
    assert set(found) == {*graded.points, EMPTY}
    assert outcomes(found[EMPTY]) == {"judged": "error"}
    assert found[EMPTY].find(".//error").attrib["message"].startswith("No project was found.")  # type: ignore[union-attr]
    assert outcomes(found["keeps_spaces"]) == {
        "The application starts": "passed", "greets": "passed", "trims_name": "failure",
        "refuses_blank_name": "failure",
    }  # fmt: skip
    assert outcomes(found["broken"]) == {
        "The application starts": "failure", "greets": "skipped", "trims_name": "skipped",
        "refuses_blank_name": "skipped",
    }  # fmt: skip
    for student, points in graded.points.items():
        told = [each.attrib for each in found[student].iter("property")]
        assert {"name": "points", "value": f"{sum(points.values()):g}"} in told


def test_failed_skipped_and_error_are_told_apart(step: Step) -> None:
    made = result("ada", got=HOSTILE, greets="wrong_status", trims_name="skipped").verdict
    assert made is not None
    error = made.checks[2].model_copy(update={"outcome": Outcome.ERROR, "detail": "KeyError: 'x'"})
    waits = made.checks[1].model_copy(update={"needs_failed": "greets"})
    verdict = made.model_copy(update={"checks": (made.checks[0], waits, error)})
    root = read(junit_xml(step, SubmissionResult("ada", verdict)))
    assert outcomes(root) == {
        "The application starts": "passed", "greets": "failure", "trims_name": "skipped", "refuses_blank_name": "error",
    }  # fmt: skip
    failure, skipped, error_element = (root.find(f".//{tag}") for tag in ("failure", "skipped", "error"))
    assert failure is not None
    assert failure.attrib["type"] == "wrong_status"
    assert failure.text is not None
    assert "Asked: GET /greets\nExpected: 200\nGot: </dd><script>" in failure.text
    assert skipped is not None
    assert skipped.attrib["message"] == "It waits for greets."
    assert error_element is not None
    assert error_element.text == "KeyError: 'x'"
    assert [case.attrib["classname"] for case in root.iter("testcase")] == [
        "step_1_greeting",
        "step_1_greeting.task_1_1",
        "step_1_greeting.task_1_1.hidden",
        "step_1_greeting.task_1_2",
    ]


@pytest.mark.parametrize("text", [HOSTILE, "]]>&amp;<a/>", "\x00\x0b\ud800\ufffe", "\"quoted\" 'twice'"])
def test_whatever_a_submission_says_stays_text(step: Step, text: str) -> None:
    made = [result(text, got=text, greets="wrong_status"), not_started(text, text), SubmissionResult(text, None, text)]
    for each in made:
        root = read(junit_xml(step, each))
        assert len(list(root.iter("testcase"))) == (1 if each.verdict is None else 4)
