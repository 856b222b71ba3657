"""`course grade`: judges a class and fills nbgrader's gradebook."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import (
    FAILED,
    HELD,
    USUAL_JOBS,
    USUAL_TIME_LIMIT,
    EachStepArgument,
    JobsOption,
    JsonOption,
    TimeLimitOption,
    console,
    counting,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from courseware.classroom.grading.grading import StepGrading
    from courseware.classroom.judgements.jobs import Job, Judged
    from courseware.course import Course
    from courseware.judging.sandbox import SandboxKind


def grade(
    course_dir: Annotated[Path, typer.Argument(help="nbgrader's course folder, as `course nbgrader` wrote it.")],
    step: EachStepArgument = None,
    jobs: JobsOption = USUAL_JOBS,
    cluster: Annotated[
        str | None, typer.Option(help="Judge on the Dask cluster with this scheduler, such as tcp://host:8786.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Judge without the sandbox. Submissions can then read and forge everything.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write all points into the gradebook again, such as after a new due date.")
    ] = False,
    time_limit: TimeLimitOption = USUAL_TIME_LIMIT,
    as_json: JsonOption = False,
) -> None:
    """Judge a whole class, and write its points into nbgrader's gradebook.

    You may stop the command at any time. Run it again to continue: it judges no submission twice. Exit code 1 means
    that an instructor must look at some submissions.
    """
    sandbox: SandboxKind = "plain" if plain else "bubblewrap"
    _require(sandbox, judged_here=cluster is None)
    from courseware.base.processes import alone
    from courseware.classroom.grading.grading import StepGrading
    from courseware.classroom.nbgrader import CourseFolder

    folder = CourseFolder(course_dir.resolve())
    course = folder.course
    steps = course.steps if step is None else (course.step(step),)
    with alone(folder.own):
        gradings = [StepGrading(folder, each, sandbox=sandbox) for each in steps]
        gradings = [grading for grading in gradings if grading.handed_in]
        if not gradings:
            raise UsageError(f"Nothing was handed in yet: {folder.root / 'submitted'} holds no submission of it.")
        records = []
        for grading in gradings:
            todo = grading.jobs
            _judge(grading, todo, _judged(course, todo, cluster=cluster, workers=jobs, seconds=time_limit))
            _bring(grading, force=force)
            records.append(_record(grading, judged=len(todo)))
    if as_json:
        print_json(records)
    else:
        for record in records:
            _print(record)
    needs_look = any(student["remark"] for record in records for student in record["students"])
    raise typer.Exit(FAILED if needs_look else HELD)


def _require(sandbox: SandboxKind, *, judged_here: bool) -> None:
    from courseware.judging.sandbox import available

    if judged_here and sandbox == "bubblewrap" and not available().bubblewrap:
        raise UsageError(
            f"A class is judged in the sandbox, which does not work here: {available().reason} "
            "With --plain it is judged without, and submissions could read and forge anything."
        )


def _judged(course: Course, jobs: list[Job], *, cluster: str | None, workers: int, seconds: float) -> Generator[Judged]:
    """What becomes of the jobs, here or on a cluster."""
    if not jobs:
        return
    if cluster is None:
        from courseware.classroom.judgements.jobs import judge_here

        yield from judge_here(course.root, jobs, workers=min(workers, len(jobs)), seconds=seconds)
        return
    try:
        from courseware.classroom.judgements.cluster import judge_on_cluster
    except ModuleNotFoundError as missing:
        raise UsageError(f"--cluster needs the package {missing.name}: pip install 'courseware[cluster]'") from None
    yield from judge_on_cluster(cluster, course, jobs, seconds=seconds)


def _judge(grading: StepGrading, jobs: list[Job], judged: Generator[Judged]) -> None:
    with counting(f"Judging step {grading.step.number}", len(jobs)) as counter, closing(judged):
        try:
            for each in judged:
                grading.keep(each)
                counter.count(failed=each.verdict is None)
        except KeyboardInterrupt:
            print(f"{counter.sentence()}. What is done is kept: run it again to go on.", file=sys.stderr)
            raise


def _bring(grading: StepGrading, *, force: bool) -> None:
    new = grading.new_to_gradebook(everything=force)
    if new:
        with counting("Writing into the gradebook", len(new)) as counter:
            for _ in grading.bring(new):
                counter.count()


def _record(grading: StepGrading, *, judged: int) -> dict[str, Any]:
    """What the command says about a step. `judged` is how many judgements were made now."""
    return {
        "step": grading.step.number,
        "title": grading.step.title,
        "judged_now": judged,
        "points_possible": sum(task.points for task in grading.step.tasks),
        "students": [
            {
                "student": result.student,
                "points": None if result.verdict is None else result.verdict.points,
                "remark": result.remark,
            }
            for result in grading.results()
        ],
    }


def _print(record: dict[str, Any]) -> None:
    from courseware.views.terminal.verdict import count, shown

    students = record["students"]
    looks = [student for student in students if student["remark"]]
    screen = console()
    screen.print(shown(f"Step {record['step']}: {record['title']}", "bold"))
    screen.print(
        f"{count(len(students), 'submission')}, {count(record['judged_now'], 'judgement')} made now, "
        f"{len(students) - len(looks)} in the gradebook with their points"
    )
    for student in looks:
        screen.print(shown(f"needs a look  {student['student']}: {student['remark']}", "yellow"))
