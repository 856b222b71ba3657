"""Fixtures for the checks of this step."""

from datetime import date
from random import Random

import pytest

from courseware.checking import Application, Clock, Mailbox
from step_5_redis_caching.people import YEARS, Person, noon, register


@pytest.fixture(autouse=True)
def today(clock: Clock, random: Random) -> date:
    """The day on which a check begins, at noon, so that no midnight comes in between. No month ends in the next week,
    and no year in the next month.

    It comes before all other fixtures: `newcomer` signs in on this day.
    """
    day = date(random.choice(YEARS), random.randrange(1, 12), random.randrange(3, 19))
    clock.move(noon(day))
    return day


@pytest.fixture
def new_person(application: Application, mailbox: Mailbox, random: Random) -> Person:
    """Somebody with a new account, who can log in as often as a check needs, and has no contacts yet."""
    return register(application, mailbox, random)
