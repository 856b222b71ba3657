"""An import path that nbgrader's settings name; the code is in `classroom.nbgrader.preprocessors`."""

from courseware.classroom.nbgrader.preprocessors import JudgeSubmission, MendCells, SavePoints

__all__ = ["JudgeSubmission", "MendCells", "SavePoints"]
