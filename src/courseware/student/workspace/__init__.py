"""The student's own folder: steps laid out to be worked on, what is handed in, and how far the student is."""

from courseware.base.merging import Conflict, Merge, left_conflicts
from courseware.student.workspace.folder import LaidOut, Workspace
from courseware.student.workspace.next_action import next_action
from courseware.student.workspace.progress import Progress, StepProgress, StepStatus, TaskProgress, TaskStatus

__all__ = [
    "Conflict",
    "LaidOut",
    "Merge",
    "Progress",
    "StepProgress",
    "StepStatus",
    "TaskProgress",
    "TaskStatus",
    "Workspace",
    "left_conflicts",
    "next_action",
]
