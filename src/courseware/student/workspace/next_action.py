"""The next action of a student after a task or a step is solved."""

from courseware.course import Course, Step
from courseware.student.workspace.progress import Progress, StepProgress


def next_action(course: Course, progress: Progress) -> str:
    """One sentence with a command: the next unsolved task of the current step, or the next step with one."""
    if progress.current_step is None:
        return f"Next: course lab {course.steps[0].number}"
    current = course.step(progress.current_step)
    left = _unsolved(current, progress)
    if left:
        task = current.task(left[0])
        return f"Next: task {task.id}, {task.title}: course check {current.number} {task.id}"
    for step in course.steps:
        if step.number > current.number and _unsolved(step, progress):
            return f"Next: step {step.number}, {step.title}: course lab {step.number}"
    for step in course.steps:
        if _unsolved(step, progress):
            return f"Next: step {step.number}, {step.title}, which is not solved yet: course check {step.number}"
    return "All tasks of the course are solved."


def _unsolved(step: Step, progress: Progress) -> list[str]:
    """The ids of the tasks whose last judgement failed, or that were not judged."""
    judged = progress.steps.get(step.number, StepProgress()).tasks
    return [task.id for task in step.tasks if task.id not in judged or not judged[task.id].held]
