"""Brings judged submissions into nbgrader by nbgrader's own means."""

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from glob import escape

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import AutogradeApp
from nbgrader.converters import Autograde, NbGraderException
from traitlets.config import Config

from courseware.base.errors import UsageError
from courseware.classroom.grading.handed_in import unknown_step
from courseware.classroom.nbgrader import CourseFolder
from courseware.classroom.nbgrader.submissions import make_safe
from courseware.judging.sandbox import SandboxKind


class Autograder:
    """nbgrader's autograding of one step, for one submission at a time, with the settings of the course folder.

    Verdicts come out of the journal. `faults` says of students why they have none: their submissions are marked for a
    person to look at, and not judged again. Raises UsageError when the gradebook does not know the step, or
    the settings are not as `course nbgrader` writes them.
    """

    def __init__(self, folder: CourseFolder, slug: str, *, sandbox: SandboxKind, faults: Mapping[str, str]) -> None:
        self._folder = folder
        self._slug = slug
        self._said = io.StringIO()
        self._app = AutogradeApp.instance(raise_config_file_errors=True)
        with chdir(folder.root), _quiet():  # nbgrader looks for its settings here
            try:
                self._app.initialize([])
            except Exception as error:
                raise UsageError(f"nbgrader's settings in {folder.root} cannot be used: {error}") from error
        self._app.log.handlers = [logging.StreamHandler(self._said)]
        self._app.log.setLevel(logging.ERROR)
        self._app.update_config(Config({"JudgeSubmission": {"sandbox": sandbox, "faults": dict(faults)}}))
        assert self._app.coursedir is not None
        self._coursedir = self._app.coursedir
        self._coursedir.assignment_id = slug
        self._require_judge()
        self._require_assignment()

    def _require_judge(self) -> None:
        """Without our settings nbgrader would run the students' notebooks, here and with the user's rights."""
        converter = Autograde(coursedir=self._coursedir, parent=self._app)
        steps = [each if isinstance(each, str) else each.__name__ for each in converter.autograde_preprocessors]
        names = [step.rpartition(".")[2] for step in steps]
        if "JudgeSubmission" not in names or "Execute" in names:
            raise UsageError(
                f"nbgrader's settings in {self._folder.root} would run the students' notebooks instead of judging "
                f"their files. Write them again: course nbgrader {self._folder.root}"
            )

    def _require_assignment(self) -> None:
        with chdir(self._folder.root), _quiet():
            try:
                with Gradebook(self._coursedir.db_url, self._coursedir.course_id) as gradebook:
                    gradebook.find_assignment(self._slug)
            except MissingEntry:
                raise UsageError(unknown_step(self._folder, self._slug)) from None

    def grade(self, student: str) -> str:
        """Writes the student's points and the graded notebook. Says what went wrong, or nothing."""
        self._said.seek(0)
        self._said.truncate()
        self._coursedir.student_id = escape(student)
        converter = Autograde(coursedir=self._coursedir, parent=self._app, force=True)
        try:
            with chdir(self._folder.root), _quiet():
                make_safe(self._folder, student, self._slug)
                converter.start()
        except NbGraderException:
            lines = [line for line in self._said.getvalue().splitlines() if line.strip()]
            return f"nbgrader could not take it: {_error_in(lines)}"
        except Exception as error:  # one submission never stops the class
            return f"nbgrader could not take it: {type(error).__name__}: {error}"
        return ""


def _error_in(log: list[str]) -> str:
    """The exception that a log tells of, or whatever it says last."""
    errors = [line for line in log if line[:1].isalpha() and ": " in line and "rror" in line.partition(":")[0]]
    return (errors or log or ["it does not say why"])[-1].strip()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings about nbgrader's own ways, such as SQLAlchemy's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
