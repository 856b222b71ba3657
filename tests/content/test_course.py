"""What lessons/course.toml says, held against what is installed."""

from importlib import import_module
from pathlib import Path

import pytest

from courseware.course import load_course

COURSE = load_course(Path(__file__).parents[2])


@pytest.mark.parametrize("name", COURSE.application.imports)
def test_what_is_imported_ahead_is_there(name: str) -> None:
    """A name that nothing has would go unnoticed: each application would import the library by itself."""
    import_module(name)
