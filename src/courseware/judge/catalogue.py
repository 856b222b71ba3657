"""What checks a step has, without running them."""

from dataclasses import dataclass

from courseware.course import Course, Step


@dataclass(frozen=True)
class CheckEntry:
    """A check as its author declared it. `hints` go from nudge to near-answer; `needs` are ids of other checks."""

    id: str
    task: str
    sentence: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    visible: bool


def catalogue(course: Course, step: Step, *, hidden: bool = False) -> tuple[CheckEntry, ...]:
    """The step's checks in the order of tasks and files. Raises CourseFault where the checks cannot be read."""
    from courseware.judge.running import collect_checks

    return collect_checks(course, step, hidden=hidden)
