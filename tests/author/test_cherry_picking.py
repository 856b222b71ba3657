"""A change of one version of a file is applied to another version, which differs on purpose."""

import re

import pytest

from courseware.author.cherry_picking import Picked, cherry_pick

BEFORE = """\
import first

def load(name):
    path = find(name)
    if path.is_private:
        raise Refused
    return path.read()

def drop(name):
    with locked(name):
        remove(find(name))
"""
STUB = re.compile(rb"\s*(#.*|raise NotImplementedError.*)?\s*")


def picked(find: str, replace: str, other: str, meant: re.Pattern[bytes] | None = None) -> Picked | None:
    """What becomes of `other` by a change of BEFORE."""
    assert BEFORE.count(find) == 1
    return cherry_pick(BEFORE.encode(), BEFORE.replace(find, replace).encode(), other.encode(), meant=meant)


def clean(text: str) -> Picked:
    return Picked(text.encode(), ())


EARLIER = BEFORE.replace("    if path.is_private:\n        raise Refused\n", "")
OLDEST = BEFORE.partition("\ndef drop")[0]


@pytest.mark.parametrize("other", [EARLIER, OLDEST])
@pytest.mark.parametrize(
    ("find", "replace"),
    [
        ("import first", "import last"),  # far from what differs
        ("    path = find(name)", "    path = look_up(name)"),  # beside it: for git a conflict
        ("return path.read()", "return path.read_text()"),
    ],
)
def test_a_change_is_made_in_lines_that_are_there(other: str, find: str, replace: str) -> None:
    assert picked(find, replace, other) == clean(other.replace(find, replace))


@pytest.mark.parametrize("beside", ["    path = find(name)\n", "    if path.is_private:\n"])
def test_a_change_is_made_beside_lines_that_only_the_other_version_has(beside: str) -> None:
    assert picked(beside, "    changed\n", BEFORE.replace("    if path", "    log(path)\n    if path")) == clean(
        BEFORE.replace("    if path", "    log(path)\n    if path").replace(beside, "    changed\n")
    )


def test_a_change_of_lines_that_are_not_there_is_left_out() -> None:
    assert picked("path.is_private", "path.is_secret", EARLIER) == clean(EARLIER)
    assert picked("with locked(name):", "with locked(name, seconds=5):", OLDEST) == clean(OLDEST)
    assert picked("        remove(find", "        log(name)\n        remove(find", OLDEST) == clean(OLDEST)


def test_a_change_of_lines_that_are_other_ones_is_a_conflict_with_their_number() -> None:
    other = BEFORE.replace("return path.read()", "return path.read_bytes()")
    assert picked("return path.read()", "return path.read(limit)", other) == Picked(other.encode(), (7,))


def test_a_change_of_lines_that_stand_elsewhere_is_a_conflict() -> None:
    """Code that was moved must not be taken for code that is missing."""
    drop = BEFORE[BEFORE.index("def drop") :]
    moved = BEFORE.replace("\n" + drop, "").replace("def load", drop + "\ndef load")
    result = picked("with locked(name):", "with locked(name, seconds=5):", moved)
    assert result is not None
    assert result.conflicts


def test_lines_that_are_inserted_where_the_other_version_differs_are_a_conflict() -> None:
    """Do they belong to the line before, which is there, or to the one after, which is not?"""
    result = picked("    if path.is_private", "    log(name)\n    if path.is_private", EARLIER)
    assert result is not None
    assert result.conflicts


@pytest.mark.parametrize("meant", [None, STUB])
def test_what_a_starter_leaves_to_the_student_does_not_change(meant: re.Pattern[bytes] | None) -> None:
    starter = BEFORE.replace(
        "    with locked(name):\n        remove(find(name))\n", "    # TODO\n    raise NotImplementedError\n"
    )
    result = picked("remove(find(name))", "remove(find(name), force=True)", starter, meant)
    assert result == (clean(starter) if meant else Picked(starter.encode(), (10,)))


@pytest.mark.parametrize("other", [BEFORE, EARLIER, OLDEST])
def test_what_is_changed_already_stays(other: str) -> None:
    find, replace = "    path = find(name)", "    path = look_up(name)"
    again = other.replace(find, replace)
    assert picked(find, replace, again) == clean(again)


def test_what_is_no_text_cannot_be_changed() -> None:
    assert picked("import first", "import last", "\0") is None
