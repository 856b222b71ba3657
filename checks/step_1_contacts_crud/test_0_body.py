"""Task 1.0: the body of a new contact. All of it can be judged before anything is stored."""

from random import Random

from courseware.checking import Answer, Application, Request, check
from errors import error_fields, expect_error
from step_1_contacts_crud.contacts import valid_contact, without
from users import CONTACTS, REQUIRED, User

DEMANDED = ("required_fields_are_demanded",)


@check(
    task="1.0",
    points=1.5,
    hints=(
        "Send an empty object in /docs. What does your application miss in it?",
        "A field of a Pydantic model that has no default value is required, and a type without None refuses null.",
        "first_name, last_name, email and phone have no default; birthday and notes have `| None = None`.",
    ),
)
def test_required_fields_are_demanded(user: User, random: Random) -> None:
    """POST /contacts answers 422 where a name, the e-mail address or the phone is missing or null."""
    expect_body_accepted(user.create(valid_contact(random)), key="complete_body_refused")
    for name in REQUIRED:
        user.create(without(valid_contact(random), name)).expect_status(422, key="required_field_not_demanded")
        user.create(valid_contact(random, **{name: None})).expect_status(422, key="required_field_not_demanded")


@check(
    task="1.0",
    points=0.5,
    hints=(
        "What happens to a field that somebody misspelt?",
        "A Pydantic model ignores what it does not know, unless it is told otherwise.",
        'Give the schemas of what comes in model_config = ConfigDict(extra="forbid").',
    ),
    needs=DEMANDED,
)
def test_unknown_fields_are_refused(user: User, random: Random) -> None:
    """POST /contacts with a field that a contact does not have answers 422."""
    user.create(valid_contact(random, nickname="Оленка")).expect_status(422, key="unknown_field_accepted")


@check(
    task="1.0",
    points=1,
    hints=(
        "Read your 422 answer as a client would: which field is wrong, and is that said in the agreed form?",
        "The application has one place that turns errors into answers. Let your errors go through it.",
        'The answer is {"detail", "code", "errors": [{"field": "body.email", "message": ...}]}, without the value.',
    ),
    needs=DEMANDED,
)
def test_validation_error_names_the_fields(user: User, random: Random) -> None:
    """A 422 answer names every wrong field, such as body.email, and does not repeat the value that was refused."""
    secret = f"nobody-{random.getrandbits(48):x}"
    answer = user.create(without(valid_contact(random, email=secret), "phone"))
    expect_error(answer, 422, key="wrong_contact_accepted")
    fields = sorted(set(error_fields(answer)))
    if fields != ["body.email", "body.phone"]:
        raise answer.failed("wrong_error_fields", "errors for body.email and body.phone", ", ".join(fields) or "none")
    if secret in answer.text:
        raise answer.failed("value_echoed", "an answer without the refused value", str(answer))


@check(
    task="1.0",
    points=0.5,
    hints=(
        "Who decides about id and owner: the token or the body?",
        "What the server sets is no part of the schema that comes in.",
        'The schema that comes in has the six fields a client may fill, and extra="forbid".',
    ),
    needs=DEMANDED,
)
def test_server_fields_cannot_be_sent(user: User, random: Random) -> None:
    """Fields that the server sets, such as id, owner or created_at, are unknown fields in POST /contacts: 422."""
    moment = "2020-01-01T00:00:00Z"
    for field in ({"id": 1}, {"user_id": 1}, {"owner_id": 1}, {"created_at": moment}, {"updated_at": moment}):
        user.create(valid_contact(random, **field)).expect_status(422, key="server_field_accepted")


@check(
    task="1.0",
    points=0.5,
    hints=(
        "What does your endpoint say to a body that is a list, a number, or no JSON at all?",
        "The framework refuses what is no object, if the parameter has a schema. Reading the body by hand does not.",
        "Let the parameter be `data: ContactCreate`, and never call request.json() yourself.",
    ),
    needs=DEMANDED,
)
def test_body_must_be_an_object(application: Application, user: User) -> None:
    """POST /contacts with a list, a text, a number or broken JSON in the place of an object answers 422, not 500."""
    bodies: tuple[object, ...] = ([], [{}], "Олена", 7)
    for body in bodies:
        request = Request("POST", CONTACTS, json=body, token=user.token)
        application.send(request).expect_status(422, key="wrong_body_accepted")
    headers = {"Content-Type": "application/json"}
    broken = Request("POST", CONTACTS, form={"{": ""}, headers=headers, token=user.token)
    application.send(broken).expect_status(422, key="wrong_body_accepted")


def expect_body_accepted(answer: Answer, *, key: str) -> None:
    """Fails the check where the body is refused. An error of the server will do: to store it is another task."""
    if 400 <= answer.status < 500:
        raise answer.failed(key, "201, or an error of the server as long as nothing is stored", str(answer))
