"""A known mistake quotes a file, and the quote follows when the file changes."""

import tomllib

import pytest

from courseware.author.mistakes import Mistake
from courseware.author.requoting import CannotRequote, Quote, line_of, requote, with_quotes

OLD = """\
def load(name):
    path = find(name)
    if path.is_private:
        raise Refused
    return path.read()

def drop(name):
    path = find(name)
    path.unlink()
"""


def mistake(find: str, replace: str) -> Mistake:
    return Mistake(id="wrong", file="a.py", find=find, replace=replace, fails={"loads": "not_loaded"}, why="It is one.")


def requoted(quote: Quote, change: Quote) -> Quote:
    """The quote after a change of OLD. It still makes the mistake, in one place."""
    new = OLD.replace(*change)
    assert new != OLD
    find, replace = requote(mistake(*quote), OLD.encode(), new.encode())
    assert new.count(find) == 1
    assert new.replace(find, replace) == OLD.replace(*quote).replace(*change)
    return find, replace


@pytest.mark.parametrize(
    ("quote", "change"),
    [
        (("path.read()", "path.read(5)"), ("is_private", "is_secret")),
        (("path.read()", "path.read(5)"), ("    return path", "    return  path")),  # in the same line
        (("        raise Refused\n", "        pass\n"), ("is_private", "is_secret")),  # in the line before
    ],
)
def test_a_quote_that_still_fits_stays(quote: Quote, change: Quote) -> None:
    assert requoted(quote, change) == quote


@pytest.mark.parametrize(
    ("quote", "change", "expected"),
    [
        (
            ("    if path.is_private:\n        raise Refused\n", ""),
            ("raise Refused", "raise Refused(name)"),
            ("    if path.is_private:\n        raise Refused(name)\n", ""),
        ),
        (
            ("    if path.is_private:\n        raise Refused\n", "    if False:\n        raise Refused\n"),
            ("raise Refused", "raise Refused(name)"),
            ("    if path.is_private:\n", "    if False:\n"),
        ),
        (  # the changed line alone would occur twice
            ("def load(name):\n    path = find(name)\n", "def load(name):\n    path = name\n"),
            ("def load(name):", "def load(name: str):"),
            ("def load(name: str):\n    path = find(name)\n", "def load(name: str):\n    path = name\n"),
        ),
        (  # beside a line that only the mistake has
            ("raise Refused\n    return", "raise Refused\n    print(path)\n    return"),
            ("raise Refused", "raise Refused(name)"),
            ("        raise Refused(name)\n", "        raise Refused(name)\n    print(path)\n"),
        ),
    ],
)
def test_a_quote_follows_a_change_beside_what_the_mistake_changes(quote: Quote, change: Quote, expected: Quote) -> None:
    assert requoted(quote, change) == expected


@pytest.mark.parametrize(
    ("quote", "change", "said"),
    [
        (("path.read()", "path.read(5)"), ("path.read()", "path.read_text()"), "by hand"),
        (("path.read()", "path.read_text()"), ("path.read()", "path.read_text()"), "by hand"),  # it is none any more
        (("path.write()", "path"), ("path.read()", "path.read_text()"), "occurs 0 times in a.py"),
    ],
)
def test_what_a_person_must_do_is_said(quote: Quote, change: Quote, said: str) -> None:
    with pytest.raises(CannotRequote, match=said):
        requote(mistake(*quote), OLD.encode(), OLD.replace(*change).encode())


SOURCE = '''\
# Mistakes. # "id" = not one

[[mistakes]] # the first
id = "first"
file = "a.py"
find   = 'a "b"' # a comment
replace = """
    a
"""
fails = { loads = "not_loaded" }

[[mistakes]]
id = "second"
find = "x"
replace = ""
'''


def test_only_the_quotes_in_a_file_of_mistakes_change() -> None:
    text = '    say("it\'s")\n    go()\n'
    written = with_quotes(SOURCE, {"first": ('c "d"', text)})
    assert written == SOURCE.replace("'a \"b\"'", "'c \"d\"'").replace('"""\n    a\n"""', f"'''\n{text}'''")
    assert with_quotes(SOURCE, {}) == with_quotes(SOURCE, {"second": ("x", "")}) == SOURCE


WITHOUT_ESCAPES = ["", "a", "'", "\\d", "a\n", "\n", "\n\n", "ї\n", "\t\"'\n'"]
WITH_ESCAPES = ["\"'", "'\n", "'''\n\"\"\"", "a\\\n'''\n"]


@pytest.mark.parametrize("text", WITHOUT_ESCAPES + WITH_ESCAPES)
def test_every_text_can_be_quoted(text: str) -> None:
    assert tomllib.loads(with_quotes(SOURCE, {"second": ("x", text)}))["mistakes"][1]["replace"] == text


def test_a_mistake_is_found_by_its_line() -> None:
    assert line_of(mistake("a", "b"), SOURCE) is None
    assert line_of(mistake("a", "b"), SOURCE.replace('"second"', "'wrong'")) == 13
