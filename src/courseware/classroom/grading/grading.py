"""Grades one step of a class: judges what was not judged yet, and brings what is new into the gradebook."""

from collections.abc import Iterator
from dataclasses import dataclass

from courseware.base.text import encodable
from courseware.classroom.grading.handed_in import HandedIn, class_of, look_at
from courseware.classroom.judgements.jobs import Job, Judged
from courseware.classroom.judgements.journal import Journal, Key, Note, key_of
from courseware.classroom.nbgrader import CourseFolder
from courseware.course import Step
from courseware.judging.judgement import checks_version
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Verdict

CHANGED = "It was changed while the class was judged: grade it again."
NOT_YET = "It was not judged yet."


@dataclass(frozen=True)
class SubmissionResult:
    """A submission with its verdict. Where there is none, a person must look, and `remark` says why."""

    student: str
    verdict: Verdict | None
    remark: str = ""


class StepGrading:
    """A step's submissions on their way from what was handed in to the gradebook.

    Whatever was done is kept at once, so it may be left at any moment and begun again: nothing is judged twice,
    neither then nor because several handed in the same.
    """

    def __init__(self, folder: CourseFolder, step: Step, *, sandbox: SandboxKind) -> None:
        self.step = step
        self._class = {each.student: each for each in class_of(folder, step, sandbox=sandbox)}
        self._folder = folder
        self._sandbox = sandbox
        self._journal = Journal(folder.journal)
        self._verdicts: dict[Key, Verdict] = {}
        self._faults: dict[Key, str] = {}
        for key in {each.key: None for each in self.handed_in if each.key is not None}:
            verdict = self._journal.find(key)
            if verdict is not None:
                self._verdicts[key] = verdict

    @property
    def handed_in(self) -> list[HandedIn]:
        """The class's submissions as they stood when they were looked at last."""
        return list(self._class.values())

    @property
    def jobs(self) -> list[Job]:
        """What must be judged: one submission of each that are the same."""
        first = {each.key: each for each in reversed(self.handed_in) if each.key is not None}
        return [Job(key, each.tree) for key, each in reversed(first.items()) if key not in self._verdicts]

    def keep(self, judged: Judged) -> None:
        """Keeps what became of a job. A fault is tried again the next time."""
        if judged.verdict is None:
            self._faults[judged.key] = judged.fault
            return
        self._journal.keep(judged.verdict)
        if key_of(judged.verdict) == judged.key:
            self._verdicts[judged.key] = judged.verdict
        else:
            self._faults[judged.key] = CHANGED

    def new_to_gradebook(self, *, everything: bool = False) -> list[HandedIn]:
        """The submissions that the gradebook does not have as they stand now."""
        notes = self._journal.notes(self.step.number)
        return [
            each
            for each in self.handed_in
            if everything or notes.get(each.student) != Note(each.state, self._remark(each))
        ]

    def bring(self, submissions: list[HandedIn]) -> Iterator[HandedIn]:
        """Brings submissions into nbgrader's gradebook and its graded notebooks, one after the other.

        Raises UsageError when the gradebook does not know the step yet.
        """
        # Imported here: nbgrader takes more than a second, which no report and no export has to wait for.
        from courseware.classroom.grading.gradebook import Autograder

        faults = {each.student: self._faults[each.key] for each in submissions if each.key in self._faults}
        autograder = Autograder(self._folder, self.step.slug, sandbox=self._sandbox, faults=faults)
        version = checks_version(self._folder.course, self.step, hidden=True)
        for each in submissions:
            failure = encodable(autograder.grade(each.student))
            brought = look_at(self._folder, self.step, each.student, version, sandbox=self._sandbox)
            self._class[each.student] = brought
            self._journal.note(self.step.number, each.student, Note(brought.state, failure or self._remark(brought)))
            yield each

    def results(self) -> list[SubmissionResult]:
        """How every submission stands, with what was last said of it."""
        notes = self._journal.notes(self.step.number)
        return [self._result(each, notes.get(each.student)) for each in self.handed_in]

    def _result(self, each: HandedIn, note: Note | None) -> SubmissionResult:
        verdict = None if each.key is None else self._verdicts.get(each.key)
        remark = self._remark(each) or (note.remark if note and note.state == each.state else "")
        return SubmissionResult(each.student, verdict, remark or ("" if verdict else NOT_YET))

    def _remark(self, each: HandedIn) -> str:
        about_files = each.refusal if each.key is None else self._faults.get(each.key, "")
        return encodable(" ".join(filter(None, (about_files, each.answers))))


def results_of(folder: CourseFolder, step: Step) -> list[SubmissionResult]:
    """How every submission for a step stands, judged in the sandbox or, where it was not, without it."""
    sandboxed = StepGrading(folder, step, sandbox="bubblewrap").results()
    plain = StepGrading(folder, step, sandbox="plain").results()
    return [one if one.remark != NOT_YET else other for one, other in zip(sandboxed, plain, strict=True)]
