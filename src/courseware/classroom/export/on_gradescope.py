"""What `run_autograder` runs on Gradescope's machine: judges the submission, and writes results.json.

Where the submission could not be judged, by a fault of the course or of the machine, there is no results.json:
Gradescope then says that the autograder failed, and gives no points. What it prints is shown to instructors alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.tree import digest
from courseware.classroom.export.gradescope import not_taken_in, results
from courseware.classroom.judgements.jobs import judged
from courseware.classroom.judgements.journal import Key
from courseware.course import load_course
from courseware.judging.intake import IntakeRefused, read_project
from courseware.judging.judgement import checks_version
from courseware.judging.sandbox import SandboxKind, available

SETTINGS = "autograder.json"
COURSE = "course"


class Settings(FrozenModel):
    """What the autograder was made for. `plain` allows to judge without a sandbox where there is none."""

    step: int
    plain: bool


class NotJudged(Exception):
    """There is no verdict, by no fault of the submission's author."""


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
    try:
        tree = read_project(submission, step).tree
    except IntakeRefused as refused:
        return not_taken_in(str(refused))
    if not tree:
        return not_taken_in("There is no file of the application in it.")
    kind: SandboxKind = "plain" if settings.plain and not available().bubblewrap else "bubblewrap"
    outcome = judged(course, Key(digest(tree), step.number, checks_version(step, hidden=True), kind), tree)
    if outcome.verdict is None:
        raise NotJudged(outcome.fault)
    return results(outcome.verdict)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
