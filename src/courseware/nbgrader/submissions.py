"""An import path that nbgrader's settings name; the code is in `classroom.nbgrader.submissions`."""

from courseware.classroom.nbgrader.submissions import before_grading

__all__ = ["before_grading"]
