"""The import path that nbgrader's settings name, in classes that exist already. The code is in `classroom.nbgrader`.

A class keeps its `nbgrader_config.py` and `nbgrader_config.json` when the engine is updated, so each plug-in that they
name stays importable from here.
"""

from courseware.classroom.nbgrader import CourseFolder, configure, configure_student

__all__ = ["CourseFolder", "configure", "configure_student"]
