"""The student kit: what a class is handed that works without nbgrader, in a folder and a zip file."""

from courseware.classroom.kit.contents import kit_files
from courseware.classroom.kit.making import Kit, given_away, make_kit

__all__ = ["Kit", "given_away", "kit_files", "make_kit"]
