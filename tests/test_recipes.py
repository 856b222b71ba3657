"""The code in the recipes of CONTRIBUTING.md works as it is printed there."""

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from courseware.author import Claim, claims
from courseware.author.mistakes import alternatives_of
from courseware.author.mutants import excuses_of
from courseware.author.verification import Kind
from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^ *```(?:python|toml)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
RECIPES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHECK, MISTAKE, EXCUSE, ALTERNATIVE = (textwrap.dedent(block["text"]) for block in FENCE.finditer(RECIPES))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the course in which somebody followed the recipes for a check, a known mistake and an alternative."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("checks", "lessons", "notebooks", "solutions", "starter"):
        shutil.copytree(ROOT / folder, root / folder)
    checks = root / "checks/step_1_contacts_crud"
    for path, addition in (("test_2_read.py", f"\n\n{CHECK}"), ("mistakes/task_2.toml", f"\n{MISTAKE}")):
        file = checks / path
        file.write_text(file.read_text(encoding="utf-8") + addition, encoding="utf-8")
    # Step 4 of the recipe: the points of the task are those of all its checks.
    lesson = root / "lessons/step_1_contacts_crud/lesson.toml"
    points = r'(id = "1.2"\n(?:[^\[].*\n)*?points = )(\d+)'
    text = re.sub(points, lambda found: f"{found[1]}{int(found[2]) + 1}", lesson.read_text(encoding="utf-8"))
    lesson.write_text(text, encoding="utf-8")
    (checks / "mutants.toml").write_text(EXCUSE, encoding="utf-8")
    alternative = checks / "alternatives/other_pages"
    alternative.mkdir()
    (alternative / "alternative.toml").write_text(ALTERNATIVE, encoding="utf-8")
    return load_course(root)


def the_claim(course: Course, kind: Kind, name: str) -> Claim:
    [found] = [claim for claim in claims(course, (course.step(1),)) if (claim.kind, claim.name) == (kind, name)]
    return found


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.REFERENCE, "finish(1)"), (Kind.MISTAKE, "default_taken_for_the_maximum")]
)
def test_the_check_passes_the_reference_and_catches_the_mistake(kind: Kind, name: str, course: Course) -> None:
    claim = the_claim(course, kind, name)
    verdict = judge(course, course.step(1), claim.tree, stage=claim.stage, tasks=("1.2",), hidden=True)
    assert claim.contradictions(verdict) == []
    assert "a_large_page_is_not_cut_short" in {check.id for check in verdict.checks}


def test_the_alternative_replaces_and_removes_files_of_the_reference(course: Course) -> None:
    [alternative] = [found for found in alternatives_of(course.step(1)) if found.id == "other_pages"]
    reference = finish(course, 1)
    assert set(reference) - set(alternative.put_over(reference)) == set(alternative.removes)


def test_the_excuse_is_read(course: Course) -> None:
    assert "contact_not_found" in {excuse.before for excuse in excuses_of(course.step(1))}
