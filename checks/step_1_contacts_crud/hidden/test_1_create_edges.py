"""Task 1.1 with other data and harder edges."""

from datetime import UTC, datetime
from random import Random

from courseware.checking import Application, Clock, Mailbox, check
from errors import expect_error
from step_1_contacts_crud.contacts import expect_contact, letters, mixed_case, valid_contact
from users import User, sign_in

CREATED = ("contact_is_created",)


@check(
    task="1.1",
    points=1,
    hints=(
        "Go through the table of fields once more: which of them have a shortest and a longest length?",
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
        answer = user.create(valid_contact(random, **fields)).expect_status(201, key="legal_length_refused")
        expect_contact(answer, fields, key="wrong_field")
    for fields in refused:
        user.create(valid_contact(random, **fields)).expect_status(422, key="illegal_length_accepted")


@check(
    task="1.1",
    points=1,
    hints=(
        "A birthday is a day of the calendar, and every day is today once.",
        "Leave it to the type to know which days there are, and to the application's clock to know which day it is.",
        "birthday: date, compared with today() of app/core/clock.py inside a validator, with `>` and not `>=`.",
    ),
    needs=CREATED,
)
def test_birthday_is_a_day_of_the_calendar(
    application: Application, mailbox: Mailbox | None, clock: Clock, random: Random
) -> None:
    """A leap day is a birthday in leap years only, and what is tomorrow is decided by the clock's day, not its hour."""
    clock.move(datetime(2036, 2, 29, 23, random.randrange(30, 55), tzinfo=UTC))
    user = sign_in(application, mailbox, random)
    for day in ("2036-02-29", "1904-02-29"):
        user.create(valid_contact(random, birthday=day)).expect_status(201, key="legal_birthday_refused")
    for day in ("2036-03-01", "2035-02-29", "01.02.1990"):
        user.create(valid_contact(random, birthday=day)).expect_status(422, key="illegal_birthday_accepted")


@check(
    task="1.1",
    points=1,
    hints=(
        "Is it the same address when some of its letters are capitals?",
        "Addresses are compared as they are stored: in lower case.",
        "Turn the address to lower case in the schema, before anything is looked up or saved.",
    ),
    needs=("same_email_twice_is_a_conflict",),
)
def test_conflict_ignores_the_case_of_the_email(user: User, random: Random) -> None:
    """The same e-mail address in other case answers 409 contact_exists as well."""
    contact = user.created(valid_contact(random))
    again = valid_contact(random, email=mixed_case(contact["email"], random))
    expect_error(user.create(again), 409, code="contact_exists", key="same_address_accepted")


@check(
    task="1.1",
    points=1,
    hints=(
        "Who decides about id and owner: the token or the body?",
        "What the server sets is no part of the schema that comes in.",
        'The schema that comes in has the six fields a client may fill, and extra="forbid".',
    ),
    needs=CREATED,
)
def test_server_fields_cannot_be_sent(user: User, random: Random) -> None:
    """Fields that the server sets, such as id, owner or created_at, are unknown fields in POST /contacts: 422."""
    moment = "2020-01-01T00:00:00Z"
    for field in ({"id": 1}, {"user_id": 1}, {"owner_id": 1}, {"created_at": moment}, {"updated_at": moment}):
        user.create(valid_contact(random, **field)).expect_status(422, key="server_field_accepted")
