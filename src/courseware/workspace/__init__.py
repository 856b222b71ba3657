"""The student's own folder: steps laid out to be worked on, what is handed in, and how far the student is."""

from courseware.workspace.folder import LaidOut, Workspace, read_project
from courseware.workspace.progress import Progress, StepProgress, TaskProgress
from courseware.workspace.status import StepStatus, TaskStatus

__all__ = [
    "LaidOut",
    "Progress",
    "StepProgress",
    "StepStatus",
    "TaskProgress",
    "TaskStatus",
    "Workspace",
    "read_project",
]
