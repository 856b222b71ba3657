"""A copy of the miniature course, with a workspace of its own."""

import pytest

from courseware.course import Course
from courseware.student.workspace import Workspace


@pytest.fixture
def workspace(course: Course) -> Workspace:
    return Workspace(course)
