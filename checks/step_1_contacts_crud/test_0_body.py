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
        "Send an empty object in /docs. Which fields does the answer name?",
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
        "What happens to a field whose name is misspelt?",
        "By default, a Pydantic model ignores unknown fields.",
        'Give the schemas of request bodies model_config = ConfigDict(extra="forbid").',
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
        "Read your 422 answer as a client: does it name the wrong field, in the form that the task requires?",
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
        "Where do the id and the owner come from: from the token or from the body?",
        "A field that the server sets does not belong to the schema of the request.",
        'The schema of the request has the six fields that a client may send, and extra="forbid".',
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
        "What does your endpoint answer to a body that is a list, a number, or not JSON?",
        "FastAPI refuses a body that is not an object, if the parameter has a schema. Do not read the body yourself.",
        "Let the parameter be `data: ContactCreate`, and never call request.json() yourself.",
    ),
    needs=DEMANDED,
)
def test_body_must_be_an_object(application: Application, user: User) -> None:
    """POST /contacts with a list, a text, a number or broken JSON in place of an object answers 422, not 500."""
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
