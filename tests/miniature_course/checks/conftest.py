"""What the miniature course's checks share."""

import random

import pytest

NAMES = ("Ada", "Grace", "Олена")


@pytest.fixture
def name(random: random.Random) -> str:
    """Somebody to greet."""
    return random.choice(NAMES)
