"""Task 1.1: the edges."""

from datetime import UTC, datetime
from random import Random

from courseware.checking import Application, Clock, Database, Mailbox, check
from errors import expect_error
from step_1_contacts_crud.contacts import expect_contact, mixed_case, valid_contact
from users import User, sign_in

CREATED = ("contact_is_created",)


@check(
    task="1.1",
    points=0.5,
    hints=(
        "A birthday is a date, and a birthday today is allowed.",
        "The type date knows which dates exist. Only app/core/clock.py knows the current date in TIME_ZONE.",
        "birthday: date, compared with today() of app/core/clock.py inside a validator, with `>` and not `>=`.",
    ),
    needs=CREATED,
    environment={"TIME_ZONE": "Pacific/Kiritimati"},
)
def test_birthday_is_a_day_of_the_calendar(
    application: Application, mailbox: Mailbox | None, clock: Clock, random: Random
) -> None:
    """A leap day is a birthday in leap years only, and today is the day in TIME_ZONE, here 14 hours ahead of UTC."""
    clock.move(datetime(2036, 2, 28, 13, random.randrange(30, 55), tzinfo=UTC))
    user = sign_in(application, mailbox, random)
    for day in ("2036-02-29", "1904-02-29"):
        user.create(valid_contact(random, birthday=day)).expect_success(201, key="legal_birthday_refused")
    for day in ("2036-03-01", "2035-02-29", "01.02.1990"):
        user.create(valid_contact(random, birthday=day)).expect_status(422, key="illegal_birthday_accepted")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "Is it the same address if some of its letters are in upper case?",
        "Addresses are compared as they are stored: in lower case.",
        "Convert the address to lower case in the schema, before your code queries or saves it.",
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
    points=2,
    hints=(
        "The table of fields has a limit for every text. Send one that just fits, and one that just does not.",
        "Phone and notes have bounds like the names. No other rule says how a phone number is written.",
        "Field(min_length=3, max_length=32) for the phone, Field(max_length=500) for the notes, and no pattern.",
    ),
    needs=CREATED,
)
def test_phone_and_notes_have_limits(user: User, random: Random) -> None:
    """A phone of 3 to 32 characters and notes of at most 500 are kept as they were sent; others answer 422."""
    phones = ("112", "(044) 123-45-67 дод. 8", "+380 (50) 123-45-67, ext. 1234567")
    accepted = (*({"phone": phone[:32]} for phone in phones), {"notes": "щ" * 500}, {"last_name": "ґ" * 50})
    for fields in accepted:
        answer = user.create(valid_contact(random, **fields)).expect_success(201, key="legal_text_refused")
        expect_contact(answer, fields, key="wrong_field")
    for fields in ({"phone": "11"}, {"phone": "1" * 33}, {"notes": "щ" * 501}, {"last_name": "ґ" * 51}):
        user.create(valid_contact(random, **fields)).expect_status(422, key="illegal_text_accepted")


@check(
    task="1.1",
    points=1,
    hints=(
        "Run `alembic check` in the terminal. Which column or constraint does it name?",
        "The migration creates the table. Type, length, NULL and constraints must be the same in the model.",
        "Compare with migrations/versions/0002_contacts.py: `Mapped[date | None]` is a column that takes NULL.",
    ),
    needs=CREATED,
)
def test_model_matches_the_migration(database: Database) -> None:
    """`alembic check` finds no difference between the model of a contact and the table of the migration."""
    database.expect_migrated(table="contacts", key="model_differs")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "Read your 422 answers: do they contain the refused values?",
        "The given handlers leave the value out. A validator that you wrote may quote it in its message.",
        "Raise ValueError or PydanticCustomError with a fixed sentence, without the value.",
    ),
    needs=("validation_error_names_the_fields",),
)
def test_no_refused_value_is_repeated(user: User, random: Random) -> None:
    """A 422 answer repeats no refused value, whichever field it was sent in."""
    secret, future = f"{random.getrandbits(40):x}", f"{random.randrange(3000, 9999)}-08-24"
    refused: tuple[dict[str, object], ...] = (
        {"first_name": secret * 8},
        {"last_name": [secret]},
        {"phone": secret * 8},
        {"notes": secret * 80},
        {"birthday": secret},
        {"birthday": future},
        {"email": secret},
    )
    for fields in refused:
        answer = user.create(valid_contact(random, **fields)).expect_status(422, key="wrong_contact_accepted")
        if any(value in answer.body.decode(errors="replace") for value in (secret, future)):
            raise answer.failed("value_echoed", "an answer without the refused value", str(answer))
