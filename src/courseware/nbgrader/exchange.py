"""An import path that nbgrader's settings name; the code is in `classroom.nbgrader.collecting`."""

from courseware.classroom.nbgrader.collecting import Collect

__all__ = ["Collect"]
