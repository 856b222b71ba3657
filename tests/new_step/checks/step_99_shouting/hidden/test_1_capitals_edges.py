"""Task 99.1 with notes that hold more than one exclamation mark."""

from random import Random

from courseware.checking import check
from step_99_shouting.notes import expect_stored
from users import User


@check(
    task="99.1",
    points=40,
    hints=(
        "Which place of the notes decides?",
        "LIKE has a sign for any characters before the last one.",
        "An exclamation mark in the middle is nothing special.",
    ),
)
def test_marks_in_the_middle_change_nothing(user: User, random: Random) -> None:
    """Notes with an exclamation mark in the middle are stored in capitals when another one ends them."""
    expect_stored(user, random, "hey! urgent!!", "HEY! URGENT!!", key="not_shouted")
    expect_stored(user, random, "hey! urgent", "hey! urgent", key="always_shouted")
