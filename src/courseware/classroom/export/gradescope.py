"""Gradescope: a verdict as results.json, and the program that judges a submission on Gradescope's machine.

The format is described at gradescope-autograders.readthedocs.io/en/latest/specs. Without a verdict there is no
results.json: Gradescope then reports that the autograder failed and gives no points. Only instructors see what the
program prints.
"""

import json
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.text import printable
from courseware.base.tree import archive, read_tree
from courseware.classroom.export.graded_class import GradedStep
from courseware.classroom.judgements.jobs import judge_submission
from courseware.classroom.kit.engine import engine_files, engine_folder, pins_of, requirements_of
from courseware.classroom.nbgrader.feedback import NOT_TAKEN_IN, hidden_sentence
from courseware.course import Course, Step, check_files, load_course
from courseware.course.stages import finish, start
from courseware.judging.intake import read_project
from courseware.judging.sandbox import SandboxKind, available
from courseware.verdict import CheckResult, Outcome, Verdict
from courseware.views.wording import STARTS, circumstances, failure_text, start_text, why_skipped

DECIMALS = 4
PLAIN_TEXT = {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}
PASSED, FAILED = "passed", "failed"
SETTINGS = "autograder.json"
COURSE = "course"
SCRIPTS = ("setup.sh", "run_autograder")


def results(verdict: Verdict) -> dict[str, Any]:
    """The content of results.json. `verdict` must be a valid one: there are no points in any other."""
    if not verdict.valid:
        raise ValueError("an invalid verdict has no points")
    return {
        "score": round(verdict.points, DECIMALS),
        "execution_time": verdict.seconds,
        "output": circumstances(verdict),
        **PLAIN_TEXT,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "submission": verdict.submission,
            "checks_version": verdict.checks_version,
            "judged_by": verdict.judged_by,
            "judged_at": verdict.judged_at.isoformat(),
            "seed": verdict.seed,
        },
        "tests": list(_tests(verdict)),
    }


def not_taken_in(reason: str) -> dict[str, Any]:
    """The content of results.json for a submission that was refused: its author reads why, and can submit again."""
    test = {"name": NOT_TAKEN_IN, "status": FAILED, "output": printable(reason), "visibility": "visible"}
    return {"score": 0, **PLAIN_TEXT, "output": f"{NOT_TAKEN_IN}\n{printable(reason)}", "tests": [test]}


def _tests(verdict: Verdict) -> Iterator[dict[str, Any]]:
    why_not = start_text(verdict)
    hidden_ids = {check.id for check in verdict.checks if not check.visible}
    if verdict.judged == "application":
        yield {"name": STARTS, "status": FAILED if why_not else PASSED, "output": why_not, "visibility": "visible"}
    for task in verdict.tasks:
        checks = [check for check in verdict.checks if check.task == task.id]
        for number, check in enumerate(checks, start=1):
            yield _test(check, f"{task.id}.{number}", hidden_ids)
        hidden = [check for check in checks if not check.visible]
        if hidden:
            yield {
                "name": f"Task {task.id}: checks that are not shown",
                "number": f"{task.id}.{len(checks) + 1}",
                "status": PASSED if all(check.outcome is Outcome.PASSED for check in hidden) else FAILED,
                "output": hidden_sentence(hidden),
                "visibility": "after_published",
            }


def _test(check: CheckResult, number: str, hidden_ids: set[str]) -> dict[str, Any]:
    return {
        "score": round(check.points, DECIMALS),
        "max_score": round(check.points_possible, DECIMALS),
        "status": PASSED if check.outcome is Outcome.PASSED else FAILED,
        "name": printable(check.sentence),
        "number": number,
        "output": _output(check, hidden_ids),
        "tags": [check.id, check.outcome.value],
        "visibility": "visible" if check.visible else "hidden",
    }


def _output(check: CheckResult, hidden_ids: set[str]) -> str:
    if check.outcome is Outcome.SKIPPED:
        is_told = not check.visible or check.needs_failed not in hidden_ids
        return f"Not run. {why_skipped(check) if is_told else 'It waits for a check that is not shown.'}"
    hint = f"\nHint: {check.first_hint}" if check.outcome is Outcome.FAILED and check.first_hint else ""
    return failure_text(check) + hint


class Settings(FrozenModel):
    """What the autograder was made for. `plain` allows to judge without a sandbox where there is none."""

    step: int
    plain: bool


class NotJudged(Exception):
    """There is no verdict, by no fault of the submission's author."""


def gradescope_files(steps: Sequence[GradedStep]) -> Iterator[tuple[str, bytes]]:
    """A results.json for every submission that has a verdict: the path STEP/STUDENT/results.json, and the content."""
    for graded in steps:
        for result in graded.results:
            if result.verdict is not None:
                content = json.dumps(results(result.verdict), indent=2) + "\n"
                yield f"{graded.step.slug}/{result.student}/results.json", content.encode()


def main(root: Path) -> int:
    """Judges `root`/submission and writes `root`/results/results.json. Returns the exit code: 0 when it was written."""
    target = root / "results" / "results.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        content = _judge(root / "source", root / "submission")
    except (NotJudged, UsageError) as fault:
        print(f"This submission needs a look: {fault}", file=sys.stderr)
        return 1
    target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


def _judge(source: Path, submission: Path) -> dict[str, Any]:
    settings = Settings.model_validate_json((source / SETTINGS).read_bytes())
    course = load_course(source / COURSE)
    step = course.step(settings.step)
    kind: SandboxKind = "plain" if settings.plain and not available().bubblewrap else "bubblewrap"
    judgement = judge_submission(course, step, lambda: read_project(submission, step).tree, sandbox=kind)
    if judgement.refusal:
        return not_taken_in(judgement.refusal)
    if judgement.verdict is None:
        raise NotJudged(judgement.fault)
    return results(judgement.verdict)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))


def autograder_zip(course: Course, step: Step, *, plain: bool) -> bytes:
    """The zip file. `plain`: judge without a sandbox where Gradescope's machine does not allow one."""
    return archive(_contents(course, step, plain=plain), programs=SCRIPTS)


def _contents(course: Course, step: Step, *, plain: bool) -> dict[str, bytes]:
    lock = course.root / "requirements.lock"
    pins = pins_of(lock.read_bytes()) if lock.exists() else []
    settings = Settings(step=step.number, plain=plain)
    python = ".".join(platform.python_version_tuple()[:2])  # the one with which it was tried here
    scripts = files("courseware.classroom.export") / "autograder_scripts"
    engine = {
        **engine_files(requirements_of(finish(course, step.number)), pins),
        **{f"src/courseware/{path}": content for path, content in read_tree(engine_folder()).items()},
    }
    return {
        **{name: (scripts / name).read_bytes() for name in SCRIPTS},
        SETTINGS: settings.model_dump_json(indent=2).encode(),
        "python_version": f"{python}\n".encode(),
        **{f"engine/{path}": content for path, content in engine.items()},
        **{f"{COURSE}/{path}": content for path, content in _judging(course, step).items()},
    }


def _judging(course: Course, step: Step) -> dict[str, bytes]:
    """The course's files that judging the step takes."""
    lessons = (course.root / "lessons" / "course.toml", *course.root.glob("lessons/*/lesson.toml"))
    found = [*lessons, *check_files(course, step, hidden=True)]
    tested = start(course, step.number) if step.judges_tests else {}
    reference = finish(course, step.number) if step.lesson.suite else {}
    return {
        **{path.relative_to(course.root).as_posix(): path.read_bytes() for path in found},
        **{f"starter/{step.slug}/{path}": content for path, content in tested.items()},
        **{f"{course.application.path}/{path}": content for path, content in reference.items()},
    }
