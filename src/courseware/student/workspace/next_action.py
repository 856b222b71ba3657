"""What a student does after a task or a step holds."""

from courseware.course import Course, Step
from courseware.student.workspace.progress import Progress, StepProgress


def next_action(course: Course, progress: Progress) -> str:
    """One sentence with a command: the next task of the current step, or else the next step that does not hold."""
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
            return f"Next: step {step.number}, {step.title}, which does not hold yet: course check {step.number}"
    return "Every step of the course holds."


def _unsolved(step: Step, progress: Progress) -> list[str]:
    """The ids of the tasks that did not hold in their last judgement, or were not judged."""
    judged = progress.steps.get(step.number, StepProgress()).tasks
    return [task.id for task in step.tasks if task.id not in judged or not judged[task.id].held]
