"""The student's own folder: steps laid out to be worked on, what is handed in, and how far the student is."""

from courseware.workspace.folder import LaidOut, Workspace, read_project
from courseware.workspace.merging import Conflict, Merge, left_conflicts
from courseware.workspace.progress import Progress, StepProgress, TaskProgress
from courseware.workspace.status import StepStatus, TaskStatus

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
    "read_project",
]
