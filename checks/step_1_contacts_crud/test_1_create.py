"""Task 1.1: a contact and how it is created."""

from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Application, Clock, Mailbox, check, expect, read_address
from errors import expect_error
from step_1_contacts_crud.contacts import RACES, TIMESTAMPS, expect_contact, letters, valid_contact, without
from users import CONTACTS, OPTIONAL, User, path_of, sign_in

CREATED = ("contact_is_created",)


@check(
    task="1.1",
    points=1,
    hints=(
        "Send the request in /docs. After a 500, read the traceback in the terminal. After a 201, look for the id.",
        "Three parts work together: the table, the schemas of request and response, and the service that saves.",
        "Make Contact(owner_id=owner.id, **data.model_dump()), add it and commit; the route calls the service.",
    ),
)
def test_contact_is_created(user: User, random: Random) -> None:
    """POST /contacts with a complete contact is answered with the new contact and its id."""
    user.created(valid_contact(random))


@check(
    task="1.1",
    points=1,
    hints=(
        'The request created a contact. Which status means "created"?',
        "FastAPI answers 200 unless the route names another status.",
        "status_code=HTTPStatus.CREATED is an argument of the decorator of create_contact.",
    ),
    needs=CREATED,
)
def test_creation_answers_201(user: User, random: Random) -> None:
    """POST /contacts answers 201."""
    user.create(valid_contact(random)).expect_status(201, key="not_created")


@check(
    task="1.1",
    points=2,
    hints=(
        "Compare what you sent with what came back, field by field.",
        "Every field of the contact has to be in the schema of the answer, and in the table.",
        "The answer has id, first_name, last_name, email, phone, birthday, notes, created_at and updated_at.",
    ),
    needs=CREATED,
)
def test_created_contact_is_answered_in_full(user: User, random: Random) -> None:
    """The answer to POST /contacts repeats every field as it was sent, in any alphabet, with two timestamps."""
    contact = valid_contact(random, first_name="Соломія", last_name="Щербак")
    answer = user.create(contact).expect_success(201, key="not_created")
    expect_contact(answer, contact, key="wrong_field")
    for name in TIMESTAMPS:
        answer.typed(str, name, key="no_timestamps")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "Which fields may be absent from the request, and what does the answer contain for them?",
        "A field is optional only if it has a default value; a type alone that allows None does not give it one.",
        "Write `birthday: date | None = None` and `notes: str | None = None`, and let the columns be nullable.",
    ),
    needs=CREATED,
)
def test_optional_fields_may_be_left_out(user: User, random: Random) -> None:
    """A contact without birthday and notes, or with null for them, is created, and both are null in the answer."""
    contact = valid_contact(random)
    answer = user.create(without(contact, *OPTIONAL)).expect_success(201, key="optional_field_demanded")
    expect_contact(answer, dict.fromkeys(OPTIONAL), key="optional_field_not_null")
    answer = user.create(valid_contact(random, **dict.fromkeys(OPTIONAL))).expect_success(201, key="null_refused")
    expect_contact(answer, dict.fromkeys(OPTIONAL), key="optional_field_not_null")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "How does a client learn the path of the contact that it has just created?",
        "A route can take the response as a parameter and set headers on it.",
        "Set the Location header to the address of the new contact: /api/v1/contacts/ and its id.",
    ),
    needs=CREATED,
)
def test_location_names_the_new_contact(user: User, random: Random) -> None:
    """The 201 answer carries a Location header with the address of the new contact."""
    answer = user.create(valid_contact(random)).expect_success(201, key="not_created")
    location = answer.expect_header("Location", key="no_location")
    expected = path_of(answer.identifier("id"))
    address = read_address(location, base=CONTACTS, asked=f"Location of {answer.request}", key="wrong_location")
    if address.path != expected:
        raise answer.failed("wrong_location", f"Location: {expected}", f"Location: {location}")


@check(
    task="1.1",
    points=1.5,
    hints=(
        "What is left of a name that consists of three spaces?",
        "Remove the spaces first, then check the length.",
        "In the schema: StringConstraints(strip_whitespace=True, min_length=1, max_length=50).",
    ),
    needs=CREATED,
)
def test_names_are_trimmed_and_never_blank(user: User, random: Random) -> None:
    """Spaces around a name are removed, and a name that is empty or only spaces is refused with 422."""
    padded = {"first_name": "  Олена ", "last_name": " Ковальчук  "}
    answer = user.create(valid_contact(random, **padded)).expect_success(201, key="padded_name_refused")
    expect_contact(answer, {"first_name": "Олена", "last_name": "Ковальчук"}, key="name_not_trimmed")
    for blank in ({"first_name": "   "}, {"last_name": ""}):
        user.create(valid_contact(random, **blank)).expect_status(422, key="blank_name_accepted")


@check(
    task="1.1",
    points=1,
    hints=(
        "One letter can have more than one byte.",
        "SQLite does not refuse a name that is too long, so the schema has to.",
        "max_length=50 in the schema counts characters: fifty Cyrillic letters pass, fifty-one do not.",
    ),
    needs=CREATED,
)
def test_lengths_are_counted_in_characters(user: User, random: Random) -> None:
    """A first name of 50 Cyrillic letters is accepted, and one of 51 is refused with 422."""
    user.create(valid_contact(random, first_name=letters(random, 50))).expect_success(201, key="longest_name_refused")
    user.create(valid_contact(random, first_name=letters(random, 51))).expect_status(422, key="long_name_accepted")


@check(
    task="1.1",
    points=2,
    hints=(
        "Do Ann@Example.com and ann@example.com belong to two users? Decide it in one place, the schema.",
        "Pydantic has a type for e-mail addresses; what it returns can be changed before it is stored.",
        "Use EmailStr with an AfterValidator(str.lower), in the schema that creates and in the one that updates.",
    ),
    needs=CREATED,
)
def test_email_is_checked_and_kept_in_lower_case(user: User, random: Random) -> None:
    """An e-mail address is stored in lower case, and a text that is not an address is refused with 422."""
    contact = valid_contact(random)
    shouted = {**contact, "email": contact["email"].upper()}
    answer = user.create(shouted).expect_success(201, key="upper_case_email_refused")
    expect_contact(answer, {"email": contact["email"]}, key="email_not_lower_case")
    for wrong in ("olena.example.com", "olena@"):
        user.create(valid_contact(random, email=wrong)).expect_status(422, key="wrong_email_accepted")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "A birthday cannot be tomorrow. Which date is tomorrow, and at which moment does your code compute it?",
        "A limit that is computed during the import of the module never changes afterwards.",
        "Write a validator that compares the value with today() of app/core/clock.py each time it runs.",
    ),
    needs=CREATED,
)
def test_birthday_is_not_in_the_future(
    application: Application, mailbox: Mailbox | None, clock: Clock, random: Random
) -> None:
    """A birthday today is accepted and one tomorrow is refused with 422, whatever day the clock shows."""
    midnight = datetime(2031, 5, 1, tzinfo=UTC) + timedelta(days=random.randrange(1000))
    for hour, minute in ((0, 10), (23, 20)):
        moment = midnight.replace(hour=hour, minute=minute)
        clock.move(moment)
        user = sign_in(application, mailbox, random)
        today, tomorrow = (str((moment + timedelta(days=days)).date()) for days in (0, 1))
        user.create(valid_contact(random, birthday=today)).expect_success(201, key="birthday_today_refused")
        user.create(valid_contact(random, birthday=tomorrow)).expect_status(422, key="future_birthday_accepted")


@check(
    task="1.1",
    points=1,
    hints=(
        "A user may store an address only once. Which part of the system enforces this?",
        "A violated constraint is a conflict that the client can solve, not a crash of the server.",
        'Catch IntegrityError, roll back, and raise an error that becomes status 409 with code "contact_exists".',
    ),
    needs=CREATED,
)
def test_same_email_twice_is_a_conflict(user: User, random: Random) -> None:
    """A second contact with the same e-mail address answers 409 contact_exists, and the next request works again."""
    contact = valid_contact(random)
    user.created(contact)
    again = valid_contact(random, email=contact["email"])
    expect_error(user.create(again), 409, code="contact_exists", key="duplicate_not_refused")
    user.create(valid_contact(random)).expect_success(201, key="broken_after_conflict")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "Two users may know the same person.",
        "Which columns must be unique together, and among whose contacts does your code search for duplicates?",
        'UniqueConstraint("owner_id", "email"), and the owner in the WHERE clause of every query for an address.',
    ),
    needs=CREATED,
)
def test_two_users_may_know_the_same_person(user: User, other_user: User, random: Random) -> None:
    """Two users can each create a contact with the same e-mail address and phone."""
    contact = valid_contact(random)
    user.created(contact)
    other_user.create(contact).expect_success(201, key="shared_person_refused")


@check(
    task="1.1",
    points=0.5,
    hints=(
        "Another request can insert a row between your SELECT and your INSERT. Which part sees both requests?",
        "Only the unique constraint sees both requests. What does your code do with the IntegrityError?",
        'Wrap the commit (or flush) in try/except IntegrityError, roll back and answer 409 "contact_exists".',
    ),
    needs=("same_email_twice_is_a_conflict",),
)
def test_racing_creates_leave_one_contact(user: User, random: Random) -> None:
    """Of several equal POST /contacts sent at the same moment, one answers 201 and all others 409."""
    for _ in range(RACES):
        answers = user.application.send_at_once([user.creation_of(valid_contact(random))] * 3)
        for answer in answers:
            answer.expect_status(200, 201, 409, key="race_not_handled")
        created = sum(answer.status != 409 for answer in answers)
        asked = f"three times at once {answers[0].request}"
        expect(created == 1, "race_created_doubles", asked=asked, expected="201 once", got=f"201 {created} times")
