"""Fixtures for the checks of this step."""

from random import Random

import pytest

from courseware.checking import Application, Database, Mailbox
from step_8_homework.accounts import Member, admin, member


@pytest.fixture
def ann(application: Application, mailbox: Mailbox, random: Random) -> Member:
    """A new user with one session."""
    return member(application, mailbox, random)


@pytest.fixture
def bob(application: Application, mailbox: Mailbox, random: Random) -> Member:
    """Another new user."""
    return member(application, mailbox, random)


@pytest.fixture
def boss(application: Application, mailbox: Mailbox, random: Random, database: Database) -> Member:
    """A new admin."""
    return admin(application, mailbox, random, database)
