"""Puts the judge into nbgrader: writes its course folder, and takes the place of running the students' notebooks.

`import nbgrader` is the library; this package is `courseware.classroom.nbgrader`.
"""

from courseware.classroom.nbgrader.course_folder import CourseFolder, configure, configure_student

__all__ = ["CourseFolder", "configure", "configure_student"]
