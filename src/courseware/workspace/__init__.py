"""The student's own folder: steps laid out to be worked on, what is handed in, and how far the student is."""

from courseware.workspace.folder import LaidOut, Workspace, read_project
from courseware.workspace.progress import Progress, StepProgress, TaskProgress

__all__ = ["LaidOut", "Progress", "StepProgress", "TaskProgress", "Workspace", "read_project"]
