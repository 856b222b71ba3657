"""The student kit: what a class is handed that works without nbgrader, in a folder and a zip file."""

from courseware.kit.contents import kit_files
from courseware.kit.making import Kit, make_kit
from courseware.kit.proof import given_away

__all__ = ["Kit", "given_away", "kit_files", "make_kit"]
