"""Plug-ins that nbgrader calls around a submission: collecting from the exchange or a zip file, and late penalties."""

import math
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin, LateSubmissionPlugin
from traitlets import Float

from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.notebooks import Found, choose
from courseware.classroom.nbgrader.notes import is_small_file
from courseware.classroom.nbgrader.submissions import (
    NBGRADERS,
    ORIGINAL,
    REFUSAL,
    SECRET,
    SECRET_BYTES,
    TIMESTAMP,
    make_safe,
    no_files,
    notebooks_in,
    refusal_note,
    stand_in_note,
)
from courseware.course import Step
from courseware.judging.intake import IntakeRefused, NoProject, read_project
from courseware.judging.intake.collecting import quoted
from courseware.judging.intake.notebooks import read_notebooks
from courseware.judging.intake.placing import ARCHIVES

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
            with suppress(IntakeRefused):
                write_tree(notebooks_in(source, f"{target.name}.ipynb"), target)
            for path in (source / name for name in NBGRADERS):
                if is_small_file(path):
                    shutil.copyfile(path, target / path.name, follow_symlinks=False)
            (target / REFUSAL).write_bytes(refusal_note(folder, refusal))
        else:
            super().do_copy(src, dest, log)  # type: ignore[no-untyped-call]
        make_safe(folder, target.parent.name, target.name)


def _refusal_of(source: Path, step: Step) -> str:
    """Why a submission for `step` cannot be taken in, or nothing."""
    try:
        read_project(source, step)
    except NoProject:
        pass  # its files are harmless
    except UsageError as refused:
        return str(refused)
    odd = no_files(source)
    return f"{quoted(str(odd[0].relative_to(source)))} is a link or something else that is no file." if odd else ""


class Extractor(ExtractorPlugin):
    """Unpacks archives by our intake: no links, no bombs, nothing outside. One that is refused becomes a note why.

    What nbgrader needs beside the files comes from us and not from the student: the secret, and as the time of handing
    in that of the archive, unless its name tells another one (see the collector).
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack each file below `archive_path` into a folder of its name; called by nbgrader.

        A file that is no archive becomes a submission that is refused: the class's summary then names it.
        """
        root = Path(archive_path)
        for path in sorted(path for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")):
            endings = (ending for ending in ARCHIVES if path.name.lower().endswith(ending))
            name = path.name[: -len(ending)] if (ending := max(endings, key=len, default="")) else path.stem
            write_tree(self._files(path), Path(extracted_path, path.relative_to(root).parent, name))

    def _files(self, archive: Path) -> dict[str, bytes]:
        coursedir: Any = self.parent.coursedir if self.parent else None
        folder = CourseFolder(Path(coursedir.root))
        step = folder.step(coursedir.assignment_id)
        ours = {}
        try:
            tree = read_project(archive, step).tree
        except NoProject as none:
            tree = none.submission.tree
        except IntakeRefused as refused:
            self.log.warning("%s is not taken in: %s", archive, refused)
            tree = {}
            ours = {REFUSAL: refusal_note(folder, str(refused).replace(str(archive), archive.name))}
        files = {path: content for path, content in tree.items() if path not in (*NBGRADERS, REFUSAL)}
        files |= self._notebooks(folder, step, archive) | ours
        moment = datetime.fromtimestamp(archive.stat().st_mtime, UTC)
        files[TIMESTAMP] = f"{moment:%Y-%m-%d %H:%M:%S} UTC".encode()
        files[SECRET] = secrets.token_hex(SECRET_BYTES).encode()
        return files

    @staticmethod
    def _notebooks(folder: CourseFolder, step: Step, archive: Path) -> dict[str, bytes]:
        """All notebooks in the archive, with the one that nbgrader wants, which may be one in place of it."""
        name = step.notebook.name
        try:
            notebooks = read_notebooks(archive)
            found = choose(name, notebooks, folder.notebook(step.slug).read_bytes())
        except IntakeRefused:
            notebooks, found = {}, Found(fault=f"No notebook could be taken out of {quoted(archive.name)}.")
        if found.content == notebooks.get(name):
            return notebooks
        if name in notebooks:
            notebooks[f"{name}{ORIGINAL}"] = notebooks[name]
        return {**notebooks, name: found.content or stand_in_note(folder, step.slug, found.fault)}


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
