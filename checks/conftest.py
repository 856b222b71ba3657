"""Fixtures for the checks of every step."""

from collections.abc import Callable
from random import Random

import pytest

from contacts_api import User, sign_in
from courseware.checking import Application


@pytest.fixture
def new_user(application: Application, random: Random) -> Callable[[], User]:
    """Signs somebody in, at the moment when it is called: for checks that move the clock first."""
    return lambda: sign_in(application, random)


@pytest.fixture
def user(new_user: Callable[[], User]) -> User:
    """Somebody who has just signed in and has no contacts yet."""
    return new_user()


@pytest.fixture
def other_user(new_user: Callable[[], User]) -> User:
    """Somebody else."""
    return new_user()
