"""Task 99.1: notes in capitals."""

from random import Random

from courseware.checking import check
from step_99_shouting.notes import expect_stored
from users import User


@check(
    task="99.1",
    points=50,
    hints=(
        "Which statement does the database run after each INSERT?",
        "A trigger knows the new row by the name NEW.",
        "Between AFTER INSERT ON contacts WHEN and BEGIN stands a condition about NEW.notes.",
    ),
)
def test_shouted_notes_are_stored_in_capitals(user: User, random: Random) -> None:
    """Notes that end with an exclamation mark are stored in capitals, other notes as they are."""
    expect_stored(user, random, "call back!", "CALL BACK!", key="not_shouted")
    expect_stored(user, random, "call back", "call back", key="always_shouted")
