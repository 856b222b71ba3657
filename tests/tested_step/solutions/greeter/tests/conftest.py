"""Fixtures of the tests."""

import pytest

from app.main import create_app
from app.web import Application


@pytest.fixture
def application() -> Application:
    """The application."""
    return create_app()
