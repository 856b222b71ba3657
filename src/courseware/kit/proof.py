"""Proves that a kit gives nothing away: a search of all its files for the text of all that is kept back.

What the search cannot see is a starter that solves its step in the very file of the solution: `course verify` does,
by judging it.
"""

from collections.abc import Iterator

from courseware.course import Course, Step
from courseware.judge import catalogue
from courseware.project_tree import Tree, finish, read_tree, start
from courseware.proving.secrets import LEAK_LINES, Secrets, Window, hidden_texts, windows_of
from courseware.proving.specimens import ALTERNATIVE_FILE, MISTAKES_FOLDER, alternatives_of

ALTERNATIVE_LINES = 6
"""Longer runs than of the reference: a lesson shows how something is said, and an alternative says it so, too."""


def given_away(course: Course, count: int, files: Tree) -> Iterator[str]:
    """In words, every file of a kit with the first `count` steps that holds something which is kept back."""
    secrets = kept_back(course, count)
    for path, content in files.items():
        found = secrets.first_in(path, content)
        if found is not None:
            yield f"{path} would give away: {found}"


def kept_back(course: Course, count: int) -> Secrets:
    """What a kit with the first `count` steps may not hold.

    That is, by runs of lines, what solves the last of these steps or a later one, the alternatives, the known
    mistakes and the hidden checks; and of hidden checks the names and the sentences (their hints repeat the lesson).
    """
    lines = windows_of(*(finish(course, number) for number in range(count, len(course.stages) + 1)))
    lines |= windows_of(*(read_tree(step.checks_folder / MISTAKES_FOLDER) for step in course.steps))
    lines -= _handed_out(course, count, length=LEAK_LINES)
    alternatives: set[Window] = set()
    texts: set[str] = set()
    for step in course.steps:
        texts |= hidden_texts(catalogue(course, step, hidden=True))
        lines |= _hidden_lines(step)
        for alternative in alternatives_of(step):
            texts.add(" ".join(alternative.why.split()))
            tree = {path: code for path, code in read_tree(alternative.folder).items() if path != ALTERNATIVE_FILE}
            alternatives |= windows_of(tree, length=ALTERNATIVE_LINES)
    alternatives -= _handed_out(course, count, length=ALTERNATIVE_LINES)
    return Secrets(frozenset(lines | alternatives), frozenset(texts))


def _handed_out(course: Course, count: int, *, length: int) -> set[Window]:
    """The lines that these steps start from, in files that the reference has too."""
    found: set[Window] = set()
    for number in range(1, count + 1):
        reference = finish(course, number)
        tree = {path: content for path, content in start(course, number).items() if path in reference}
        found |= windows_of(tree, length=length)
    return found


def _hidden_lines(step: Step) -> set[Window]:
    """The lines of the hidden checks that no visible check shares."""
    visible = {path.name: path.read_bytes() for path in step.checks_folder.glob("*.py")}
    return windows_of(read_tree(step.hidden_checks_folder)) - windows_of(visible)
