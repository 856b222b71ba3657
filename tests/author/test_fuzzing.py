"""Fuzzing finds a check that reads an answer without looking at its type, and nothing else."""

import pytest

from courseware.author.fuzzing import fuzz
from courseware.base.errors import UsageError
from courseware.course import Course

READS_RAW = """
    greeting = answer.json["greeting"]
    if not greeting.startswith("Hello"):
        raise answer.failed("wrong_greeting", "Hello", greeting)
"""


def edit(course: Course, old: str, new: str) -> None:
    path = course.step(1).checks_folder / "test_greeting.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_checks_that_read_by_type_have_no_errors(course: Course) -> None:
    greets, *others = sorted(fuzz(course.root, 1, mutations=0, seed=1, sandbox="plain"), key=lambda each: each.id)
    assert [check.id for check in others] == ["refuses_blank_name", "trims_name"]
    assert [check.errors for check in (greets, *others)] == [(), (), ()]
    assert greets.mutations > 50
    assert 0 < greets.failed < greets.mutations


def test_check_that_reads_raw_is_found_with_the_mutation(course: Course) -> None:
    wanted = '    answer.expect_value("greeting", equals=f"Hello, {name}!", key="wrong_greeting")\n'
    edit(course, wanted, READS_RAW)
    (found,) = (check for check in fuzz(course.root, 1, mutations=0, seed=1, sandbox="plain") if check.errors)
    assert found.id == "greets"
    errors = {error.partition(": ")[0] for error in found.errors}
    assert errors == {"answers from 1 on, body", "answers from 1 on, the whole", "answers from 1 on, greeting"}
    assert any("KeyError: 'greeting'" in error for error in found.errors)
    assert any("AttributeError: 'int' object has no attribute 'startswith'" in error for error in found.errors)


def test_some_mutations_are_the_same_for_the_same_seed(course: Course) -> None:
    first, second = (fuzz(course.root, 1, mutations=5, seed=3, sandbox="plain") for _ in range(2))
    assert first == second
    assert [check.mutations for check in first] == [5, 5, 5]


def test_reference_that_fails_is_said(course: Course) -> None:
    edit(course, "equals=f", 'equals="no" and f')
    edit(course, 'Hello, {name}!", key', 'Bye, {name}!", key')
    with pytest.raises(UsageError, match="greets does not pass without a mutation"):
        fuzz(course.root, 1, mutations=1, seed=1, sandbox="plain")
