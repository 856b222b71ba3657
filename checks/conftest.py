"""Fixtures for the checks of every step."""

from collections.abc import Callable
from random import Random

import pytest

from courseware.checking import Application, Mailbox
from users import User, sign_in


@pytest.fixture
def newcomer(application: Application, mailbox: Mailbox | None, random: Random) -> User:
    """Somebody who has just signed in and has no contacts yet."""
    return sign_in(application, mailbox, random)


@pytest.fixture
def user(residents: Callable[[str], User]) -> User:
    """Somebody who is signed in. Other checks send requests as this user too, so do not count their contacts."""
    return residents("user")


@pytest.fixture
def other_user(residents: Callable[[str], User]) -> User:
    """Somebody else, who is shared between checks like `user`."""
    return residents("other user")


@pytest.fixture
def residents(
    application: Application,
    mailbox: Mailbox | None,
    random: Random,
    restarts: int,
    signed_in: dict[tuple[str, int], User],
) -> Callable[[str], User]:
    """Finds a user of this run by name. Signing in takes longer than most checks, so it is done once for each."""

    def find(name: str) -> User:
        known = (name, restarts)
        if known not in signed_in:
            signed_in[known] = sign_in(application, mailbox, random)
        return signed_in[known]

    return find


@pytest.fixture(scope="session")
def signed_in() -> dict[tuple[str, int], User]:
    """The users of this run, by name and by the start of the application that knows them."""
    return {}
