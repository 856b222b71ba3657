"""What the course consists of, read from its TOML files."""

from courseware.course.loader import find_course, load_course
from courseware.course.model import Application, Course, Question, Step, Task

__all__ = ["Application", "Course", "Question", "Step", "Task", "find_course", "load_course"]
