"""An import path that nbgrader's settings name; the code is in `classroom.nbgrader.feedback`."""

from courseware.classroom.nbgrader.feedback import markdown_without_html

__all__ = ["markdown_without_html"]
