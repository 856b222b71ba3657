"""Plug-ins that nbgrader calls around a submission: collecting from the exchange or a zip file, and late penalties."""

import math
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin, LateSubmissionPlugin
from traitlets import Float

from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.submissions import (
    NBGRADERS,
    REFUSAL,
    SECRET,
    SECRET_BYTES,
    TIMESTAMP,
    is_small_file,
    make_safe,
    no_files,
    project_in,
    stand_in,
    what_stays,
)
from courseware.course import Step
from courseware.course.model import PYTEST_SETTINGS
from courseware.judging.intake import IntakeRefused, read_submission

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
SECONDS_PER_DAY = 24 * 60 * 60


class Collect(ExchangeCollect):
    """Collects submissions as nbgrader does, but of one that cannot be taken in only a note why.

    nbgrader would follow a student's links with the instructor's rights, and leave the whole class behind where one
    submission is too large.
    """

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copies one submission out of the exchange, where it stays in any case; called by nbgrader."""
        source, target = Path(src), Path(dest)
        coursedir: Any = self.coursedir
        folder = CourseFolder(Path(coursedir.root))
        refusal = _refusal_of(source, folder.step(target.name))
        if refusal:
            self.log.warning("%s is not taken in: %s", source, refusal)
            target.mkdir(parents=True)
            for path in what_stays(source, f"{target.name}.ipynb"):
                if is_small_file(path):
                    shutil.copyfile(path, target / path.name, follow_symlinks=False)
            (target / REFUSAL).write_text(f"{refusal}\n", encoding="utf-8")
        else:
            super().do_copy(src, dest, log)  # type: ignore[no-untyped-call]
        make_safe(folder, target.parent.name, target.name)


def _refusal_of(source: Path, step: Step) -> str:
    """Why a submission for `step` cannot be taken in, or nothing."""
    try:
        project_in(source, step)
    except UsageError as refused:
        return str(refused)
    odd = no_files(source)
    return f"{odd[0].relative_to(source)} is a link or something else that is no file." if odd else ""


class Extractor(ExtractorPlugin):
    """Unpacks archives by our intake: no links, no bombs, nothing outside. One that is refused becomes a note why.

    What nbgrader needs beside the files comes from us and not from the student: the secret, and as the time of handing
    in that of the archive, unless its name tells another one (see the collector).
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpacks every archive below `archive_path` into a folder of its name; called by nbgrader."""
        root = Path(archive_path)
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            ending = next((ending for ending in ARCHIVES if path.name.endswith(ending)), None)
            if ending is None:
                self.log.warning("%s is no archive and is left out", path)
                continue
            target = Path(extracted_path, path.relative_to(root).parent, path.name.removesuffix(ending))
            write_tree(self._files(path), target)

    def _files(self, archive: Path) -> dict[str, bytes]:
        coursedir: Any = self.parent.coursedir if self.parent else None
        folder = CourseFolder(Path(coursedir.root))
        step = folder.step(coursedir.assignment_id)
        notebook = step.notebook.name
        keep = {notebook, *(PYTEST_SETTINGS if step.lesson.hands_in else ())}
        try:
            tree = _without_folder_around(read_submission(archive, keep=keep).tree, notebook)
        except IntakeRefused as refused:
            self.log.warning("%s is not taken in: %s", archive, refused)
            tree = {REFUSAL: f"{str(refused).replace(str(archive), archive.name)}\n".encode()}
        files = {path: content for path, content in tree.items() if path not in NBGRADERS}
        if notebook not in files:
            files[notebook] = stand_in(folder.notebook(step.slug), "No notebook was handed in.")
        moment = datetime.fromtimestamp(archive.stat().st_mtime, UTC)
        files[TIMESTAMP] = f"{moment:%Y-%m-%d %H:%M:%S} UTC".encode()
        files[SECRET] = secrets.token_hex(SECRET_BYTES).encode()
        return files


class Collector(FileNameCollectorPlugin):
    """Takes every file that was unpacked, whatever its name ends in.

    Where `named_regexp` tells the time of handing in, that counts, and not the archive's.
    """

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Whose file it is, and its path in the submission; called by nbgrader."""
        found = self._match(submitted_file)
        if found and found.get("timestamp") and found["file_id"] == TIMESTAMP:
            return None
        return found


def _without_folder_around(tree: dict[str, bytes], notebook: str) -> dict[str, bytes]:
    """The files without the one folder that holds them all, if that is where the notebook lies."""
    tops = {path.partition("/")[0] for path in tree}
    top = next(iter(tops)) if len(tops) == 1 else ""
    if f"{top}/{notebook}" not in tree:
        return tree
    return {path.removeprefix(f"{top}/"): content for path, content in tree.items()}


class LatePenalty(LateSubmissionPlugin):
    """Takes a part of the points for each day that has begun since the step was due; nbgrader takes all or nothing."""

    percent_per_day = Float(0, min=0, max=100, help="Percent of the points, for each day begun.").tag(config=True)

    def late_submission_penalty(
        self,
        student_id: str,  # noqa: ARG002 - nbgrader gives the names
        score: float,
        total_seconds_late: float,
    ) -> float | None:
        """The points that are taken from `score`."""
        days = math.ceil(total_seconds_late / SECONDS_PER_DAY)
        return round(min(score, score * days * self.percent_per_day / 100), 6)
