"""What the course consists of, read from its TOML files."""

from courseware.course.checks import check_files, importable_modules, shared_modules
from courseware.course.loader import find_course, load_course
from courseware.course.model import Application, Course, Question, Step, Task

__all__ = [
    "Application",
    "Course",
    "Question",
    "Step",
    "Task",
    "check_files",
    "find_course",
    "importable_modules",
    "load_course",
    "shared_modules",
]
