"""An import path that nbgrader's settings name; the code is in `classroom.nbgrader.lateness`."""

from courseware.classroom.nbgrader.collecting import LatePenalty

__all__ = ["LatePenalty"]
