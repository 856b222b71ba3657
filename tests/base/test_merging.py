"""Merging whole projects: nothing that the student wrote is lost, and what does not overlap goes together exactly."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courseware.base import merging
from courseware.base.errors import UsageError
from courseware.base.merging import Conflict, Merge, left_conflicts, merge
from courseware.base.tree import Tree

# However busy the machine is.
PATIENTLY = settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
BASE = b"one\ntwo\nthree\nfour\nfive\n"


def merged(base: bytes | None, mine: bytes | None, new: bytes | None) -> Merge:
    """The merge of three projects of one file, or of none."""
    base_tree, mine_tree, new_tree = ({} if text is None else {"a.py": text} for text in (base, mine, new))
    return merge(base_tree, mine_tree, new_tree, 2)


def lines(text: bytes) -> set[bytes]:
    """The lines of a text, however they end."""
    return {line.removesuffix(b"\r") for line in text.split(b"\n")}


# Properties

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"    return 1", b"", "Ж".encode(), b"\xff\xfe"]), max_size=8)
TEXTS = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    LINES,
    st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from([b"", b"\n"]),
)
BINARIES = st.builds(lambda head, tail: head + b"\0" + tail, st.binary(max_size=3), st.binary(max_size=3))
PATHS = st.sampled_from(
    ["a", "a/b", "A", "a/b/c", "ä name", "a.step_2", "app/\udcff.py", "-p", "app/main.py", "app/x.py"]
)


def trees(versions: st.SearchStrategy[bytes]) -> st.SearchStrategy[dict[str, bytes]]:
    """Trees that a disk can hold: no file lies in another one."""
    possible = st.dictionaries(PATHS, versions, max_size=6)
    return possible.map(
        lambda tree: {
            path: text for path, text in tree.items() if not any(path.startswith(f"{other}/") for other in tree)
        }
    )


@st.composite
def three_trees(draw: st.DrawFn) -> tuple[Tree, Tree, Tree]:
    """A base, and what two have made of it: kept, edited, replaced and added to; the student has deleted files too."""
    versions = TEXTS | BINARIES
    base = draw(trees(versions))

    def changed(text: bytes) -> bytes:
        return draw(st.one_of(st.just(text), edits(text), versions))

    mine = {path: changed(text) for path, text in base.items() if draw(st.booleans())} or draw(trees(versions))
    new = {path: changed(text) for path, text in base.items()}
    added = {path: text for path, text in draw(trees(versions)).items() if path not in base}
    for path, text in added.items():
        if not any(path.startswith(f"{other}/") or other.startswith(f"{path}/") for other in new):
            new[path] = text
    return base, mine, new


def edits(text: bytes) -> st.SearchStrategy[bytes]:
    """A text in which one stretch of lines is replaced."""
    old = text.splitlines(keepends=True)
    places = st.tuples(st.integers(0, len(old)), st.integers(0, len(old))).map(sorted)
    return st.builds(lambda place, more: b"".join([*old[: place[0]], *more, *old[place[1] :]]), places, LINES)


@PATIENTLY
@given(three_trees())
def test_nothing_is_lost(versions: tuple[Tree, Tree, Tree]) -> None:
    base, mine, new = versions
    result = merge(base, mine, new, 2)
    conflicts = {conflict.path: conflict for conflict in result.conflicts}

    for path, own in mine.items():
        assert lines(own) - lines(base.get(path, b"")) <= lines(result.tree[path])
        if path in conflicts or new.get(path) == base.get(path):
            assert result.tree[path] == own
    for path, theirs in new.items():
        if path in conflicts and theirs != base.get(path):
            assert result.tree[conflicts[path].beside[0]] == theirs
            assert mine.get(path) == result.tree.get(path)
        elif theirs != base.get(path):
            assert lines(theirs) - lines(base.get(path, b"")) <= lines(result.tree[path])
        else:
            assert path not in conflicts, "the step does not change it"
    beside = [path for conflict in result.conflicts for path in conflict.beside]
    assert len(set(beside)) == len(beside)
    assert not set(beside) & (mine.keys() | new.keys())
    assert result.tree.keys() <= mine.keys() | new.keys() | set(beside)
    assert not any(path.startswith(f"{other}/") for path in result.tree for other in result.tree), "no disk can hold it"
    deleted = base.keys() - mine.keys()
    assert not deleted & result.tree.keys()


@st.composite
def separate_edits(draw: st.DrawFn) -> tuple[bytes, bytes, bytes, bytes]:
    """A base, two versions with edits that are a line apart at least, and what has both. No line is there twice."""
    number = 0

    def some_lines(least: int = 0) -> list[str]:
        nonlocal number
        count = draw(st.integers(least, 3))
        number += count
        return [f"line {each}" for each in range(number - count, number)]

    base, mine, new, both = versions = tuple[list[str], list[str], list[str], list[str]](([], [], [], []))

    def keep(lines: list[str]) -> None:
        for version in versions:
            version.extend(lines)

    for who in draw(st.lists(st.sampled_from(["mine", "new", "the same"]), max_size=6)):
        keep(some_lines(1))
        before, after = some_lines(), some_lines()
        base.extend(before)
        mine.extend(before if who == "new" else after)
        new.extend(before if who == "mine" else after)
        both.extend(after)
    keep(some_lines(2))

    base_ends, mine_ends, new_ends = (draw(st.booleans()) for _ in range(3))
    ends = mine_ends if mine_ends != base_ends else new_ends
    end = draw(st.sampled_from(["\n", "\r\n"]))  # the student's editor may have changed them all

    def text(of: list[str], end: str, last: bool) -> bytes:
        return (end.join(of) + (end if last else "")).encode()

    return text(base, "\n", base_ends), text(mine, end, mine_ends), text(new, "\n", new_ends), text(both, end, ends)


@PATIENTLY
@given(separate_edits())
def test_edits_apart_from_each_other_go_together_exactly(versions: tuple[bytes, bytes, bytes, bytes]) -> None:
    base, mine, new, both = versions
    result = merged(base, mine, new)

    assert result.conflicts == ()
    # Where the step does not change the file at all, the student's is left alone to the last byte.
    assert result.tree["a.py"] == (mine if new == base else both if mine != base else new)


# Cases


@pytest.mark.parametrize(
    ("base", "mine", "new", "result"),
    [
        pytest.param(BASE, BASE, b"new\n", b"new\n", id="the step alone changed it"),
        pytest.param(BASE, b"mine\n", BASE, b"mine\n", id="the student alone changed it"),
        pytest.param(BASE, b"same\n", b"same\n", b"same\n", id="both made the same of it"),
        pytest.param(None, None, b"new\n", b"new\n", id="the step adds it"),
        pytest.param(None, b"mine\n", None, b"mine\n", id="the student added it"),
        pytest.param(BASE, None, BASE, None, id="the student deleted it"),
        pytest.param(BASE, b"\0", BASE, b"\0", id="the student's picture"),
        pytest.param(b"\0", b"\0", b"\0new", b"\0new", id="the step's picture"),
        pytest.param(BASE, BASE[:-1], BASE + b"six\n", BASE + b"six", id="no end of the last line, the step goes on"),
        pytest.param(b"", b"mine\n", b"", b"mine\n", id="an empty file that the student filled"),
        pytest.param(
            BASE, BASE.replace(b"\n", b"\r\n"), b"0\n" + BASE, (b"0\n" + BASE).replace(b"\n", b"\r\n"), id="CRLF"
        ),
        pytest.param(
            BASE.replace(b"\n", b"\r\n"), BASE, (BASE + b"6\n").replace(b"\n", b"\r\n"), BASE + b"6\n", id="CRLF to LF"
        ),
        pytest.param(b"a\r\nb\nc\n", b"A\r\nb\nc\n", b"a\r\nb\nC\n", b"A\r\nb\nC\n", id="two kinds of line ends"),
    ],
)
def test_what_does_not_overlap_goes_together(
    base: bytes | None, mine: bytes | None, new: bytes | None, result: bytes | None
) -> None:
    merge = merged(base, mine, new)
    assert merge.tree.get("a.py") == result
    assert merge.conflicts == ()


@pytest.mark.parametrize(
    ("base", "mine", "new"),
    [
        pytest.param(BASE, None, b"new\n", id="deleted by the student, changed by the step"),
        pytest.param(b"\0", b"\0mine", b"\0new", id="pictures"),
        pytest.param(BASE, b"mine\n", b"\0new", id="a text that became a picture"),
        pytest.param(None, b"\0mine", b"new\n", id="both added, one of them a picture"),
    ],
)
def test_where_no_text_can_hold_both_the_steps_version_stands_beside(
    base: bytes | None, mine: bytes | None, new: bytes
) -> None:
    merge = merged(base, mine, new)
    assert merge.conflicts == (Conflict("a.py", ("a.py.step_2",)),)
    assert merge.tree == {"a.py.step_2": new} | ({} if mine is None else {"a.py": mine})


@pytest.mark.parametrize("base", [BASE, None])
def test_in_a_conflict_the_students_text_stays_whole_and_both_stand_beside(base: bytes | None) -> None:
    mine, new = BASE.replace(b"three", b"mine"), BASE.replace(b"three", b"new")
    merge = merged(base, mine, new)

    assert merge.conflicts == (Conflict("a.py", ("a.py.step_2", "a.py.step_2.merged")),)
    assert merge.merged == ()
    assert merge.tree["a.py"] == mine
    assert merge.tree["a.py.step_2"] == new
    assert merge.tree["a.py.step_2.merged"] == (
        b"one\ntwo\n<<<<<<< yours, from step 1\nmine\n=======\nnew\n>>>>>>> step 2\nfour\nfive\n"
    )
    assert list(left_conflicts(merge.tree, 2)) == ["a.py"]
    assert list(left_conflicts({"a.py": mine}, 2)) == []


@pytest.mark.parametrize(
    ("mine", "new", "beside"),
    [
        ("notes", "notes/x.py", "notes.step_2/x.py"),
        ("notes/x.py", "notes", "notes.step_2"),
        ("Notes.md", "notes.md", "notes.md.step_2"),
        ("\u00e4.md", "a\u0308.md", "a\u0308.md.step_2"),
    ],
)
def test_a_name_that_the_student_has_for_something_else_is_a_conflict(mine: str, new: str, beside: str) -> None:
    merge_ = merge({}, {mine: b"mine"}, {new: b"new"}, 2)
    assert merge_.tree == {mine: b"mine", beside: b"new"}
    assert merge_.conflicts == (Conflict(new, (beside,)),)


def test_what_a_folder_would_hold_stands_together() -> None:
    merge_ = merge({}, {"notes": b"mine"}, {"notes/x": b"x", "notes/y": b"y"}, 2)
    assert merge_.tree.keys() == {"notes", "notes.step_2/x", "notes.step_2/y"}
    assert list(left_conflicts(merge_.tree, 2)) == ["notes/x", "notes/y"]


def test_what_stands_beside_takes_nobodys_place() -> None:
    own = {"a": b"mine", "a.step_2": b"my notes", "a.2.step_2.merged": b"more notes"}
    merge_ = merge({}, own, {"a": b"new"}, 2)
    assert merge_.conflicts == (Conflict("a", ("a.3.step_2", "a.3.step_2.merged")),)
    assert own.items() <= merge_.tree.items()


def test_the_result_does_not_hang_on_anybodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = merged(BASE, b"mine\n", b"new\n")
    (tmp_path / ".gitconfig").write_text("[merge]\n\tconflictStyle = diff3\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git" / "config").write_text("this is no configuration")
    (tmp_path / "inside").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "inside"))

    assert merged(BASE, b"mine\n", b"new\n") == expected


def test_hundreds_of_conflicts_in_a_file_are_no_error() -> None:
    texts = ["".join(f"{n}\n{word}\n" for n in range(300)).encode() for word in ("base", "mine", "new")]
    assert len(merged(texts[0], texts[1], texts[2]).conflicts) == 1


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexit 1\n"])
def test_without_git_it_says_so(script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if script is not None:
        (tmp_path / "git").write_text(script)
        (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs git"):
        merged(BASE, b"mine\n", b"new\n")


def test_a_git_that_fails_is_no_conflict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n[ $1 = --version ] || { echo broken >&2; exit 255; }\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="broken"):
        merging.merge({"a": b"base"}, {"a": b"mine"}, {"a": b"new"}, 2)
