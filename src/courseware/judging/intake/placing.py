"""Finds the project in what was handed in: at its root, in a folder of it, or in an archive inside it."""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from courseware.course import Application, Step
from courseware.judging.intake.collecting import IntakeRefused, Submission, quoted

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
"""How the names of archives end that intake reads."""
WORKSPACE = "workspace"
NO_WORK = ("starter", "backups")
"""Folders of a course that hold projects which are not handed in."""
NAMED_FILES = 8


class NoProject(IntakeRefused):
    """No project can be recognised in `submission` without guessing."""

    def __init__(self, reason: str, submission: Submission) -> None:
        super().__init__(f"{reason} These files came: {_listed([*submission.tree, *submission.dropped])}.")
        self.submission = submission


def places_of_projects(paths: Iterable[str], application: Application) -> list[str]:
    """The folders, sorted, that hold the module of the entrypoint and the configuration of the migrations.

    The root is "". Folders are left out that hold what a student is handed, or has put away.
    """
    known = set(paths)
    module = application.entrypoint.partition(":")[0].replace(".", "/")
    entries = (f"{module}.py", f"{module}/__init__.py")
    found = {_above(path, entry) for path in known for entry in entries if path == entry or path.endswith(f"/{entry}")}
    if application.migrations is not None:
        found = {place for place in found if joined(place, application.migrations) in known}
    return sorted(place for place in found if PurePosixPath(place).parent.name not in NO_WORK)


def project_place(submission: Submission, step: Step) -> str:
    """The folder of the project for `step`; "" is the root. Raises NoProject where several could be it, or none.

    The root comes before all others, then the folder of the step in a workspace, then a folder with the step's name,
    then the only project that there is.
    """
    places = places_of_projects(submission.tree, step.application)
    if "" in places:
        return ""
    named = [place for place in places if PurePosixPath(place).name == step.slug]
    at_work = [place for place in named if PurePosixPath(place).parent.name == WORKSPACE]
    for candidates in (at_work, named, places):
        if len(candidates) == 1:
            return candidates[0]
    if places:
        raise NoProject(f"Several projects were found: {_listed(places)}.", submission)
    raise NoProject("No project was found.", submission)


def only_archive(paths: Collection[str]) -> str | None:
    """The one archive among the files; None where there is none, or several."""
    archives = [path for path in paths if path.lower().endswith(ARCHIVES)]
    return archives[0] if len(archives) == 1 else None


def moved_to_root(submission: Submission, place: str) -> Submission:
    """The submission without what lies outside of `place`, whose files then lie at the root."""
    if not place:
        return submission
    around = f"{place}/"
    tree = {path.removeprefix(around): content for path, content in submission.tree.items() if path.startswith(around)}
    dropped = tuple(path.removeprefix(around) for path in submission.dropped if path.startswith(around))
    return Submission(tree=tree, dropped=dropped, place=place)


def joined(place: str, path: str) -> str:
    """The path of a file in a folder of the submission; "" is the root."""
    return f"{place}/{path}" if place else path


def _above(path: str, entry: str) -> str:
    return path.removesuffix(entry).removesuffix("/")


def _listed(paths: Collection[str]) -> str:
    """Paths in a sentence, the first few of them by name."""
    names = [quoted(path) for path in paths]
    if not names:
        return "none"
    more = f" and {len(names) - NAMED_FILES} more" if len(names) > NAMED_FILES else ""
    return ", ".join(names[:NAMED_FILES]) + more
