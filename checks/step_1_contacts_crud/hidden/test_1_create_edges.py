"""Task 1.1 with other data and harder edges."""

from random import Random

from courseware.checking import check
from step_1_contacts_crud.contacts import expect_contact, letters, valid_contact
from users import User

CREATED = ("contact_is_created",)


@check(
    task="1.1",
    points=0.5,
    hints=(
        "Read the table of fields again: which of them have a shortest and a longest length?",
        "Every text of a contact has bounds, not only the first name.",
        "Names 1 to 50, phone 3 to 32, notes up to 500 characters, both ends included.",
    ),
    needs=CREATED,
)
def test_every_text_has_its_bounds(user: User, random: Random) -> None:
    """Last name, phone and notes are accepted at the ends of their lengths and refused one character beyond."""
    digits = "".join(random.choices("123456789", k=31))
    accepted = (
        {"last_name": "Є", "phone": digits[:3]},
        {"last_name": letters(random, 50), "phone": f"+{digits}"},
        {"notes": letters(random, 500), "phone": "+380501234567"},
    )
    refused = (
        {"last_name": letters(random, 51)},
        {"phone": digits[:2]},
        {"phone": f"+{digits}0"},
        {"notes": letters(random, 501)},
    )
    for fields in accepted:
        answer = user.create(valid_contact(random, **fields)).expect_success(201, key="legal_length_refused")
        expect_contact(answer, fields, key="wrong_field")
    for fields in refused:
        user.create(valid_contact(random, **fields)).expect_status(422, key="illegal_length_accepted")
