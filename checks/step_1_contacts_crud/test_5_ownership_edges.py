"""Task 1.5: the edges."""

import re
from random import Random

from courseware.checking import Application, Request, check, expect
from errors import expect_error
from step_1_contacts_crud.contacts import expect_contacts_in_any_order, valid_contact
from users import CONTACTS, User, new_email

DELETED = ("deleted_contact_is_gone",)
CHANGED = ("patch_changes_what_was_sent",)


@check(
    task="1.5",
    points=1,
    hints=(
        "Where can a deleted contact still be found?",
        "A deleted contact is not in the list, not in the total, and its address is free.",
        "Delete the row. A column `deleted` would need a condition in every query and in the constraint.",
    ),
    needs=(*DELETED, "contacts_are_listed", "same_email_twice_is_a_conflict"),
)
def test_deleted_contact_leaves_nothing(newcomer: User, random: Random) -> None:
    """After a DELETE the contact is in no list and no total, and its e-mail address can be used again."""
    kept = newcomer.created(valid_contact(random))
    contact = valid_contact(random)
    newcomer.delete(newcomer.created(contact)["id"]).expect_success(204, key="not_deleted")
    answer = newcomer.listed()
    expect_contacts_in_any_order(answer, [kept], key="deleted_contact_listed")
    answer.expect_value("total", equals=1, key="deleted_contact_counted")
    newcomer.create(contact).expect_success(201, key="deleted_email_taken")


@check(
    task="1.5",
    points=1,
    hints=(
        "Send a broken token, and a token with another signature. What is the answer?",
        "The given dependency checks the token. Use it without changes.",
        "A parameter of type CurrentUser is all that a route needs.",
    ),
    needs=("contacts_need_a_login",),
)
def test_wrong_tokens_open_nothing(application: Application, user: User, other_user: User, random: Random) -> None:
    """A token that is garbage, has a foreign signature or comes in another scheme answers 401 on contacts."""
    garbage = f"{random.getrandbits(128):x}"
    forged = ".".join([*user.token.split(".")[:-1], other_user.token.split(".")[-1]])
    headers = (f"Bearer {garbage}", f"Bearer {forged}", f"Basic {user.token}", "Bearer")
    for header in headers:
        answer = application.send(Request("GET", CONTACTS, headers={"Authorization": header}))
        expect_error(answer, 401, key="wrong_token_accepted")
        answer.expect_header("WWW-Authenticate", key="no_www_authenticate")


@check(
    task="1.5",
    points=0.5,
    hints=(
        "Open /docs and count the operations on contacts.",
        "An operation is described when its route is on a router that the application includes.",
        "Declare all five routes on the router of contacts, and leave include_in_schema alone.",
    ),
    needs=(*DELETED, *CHANGED, "contacts_are_listed"),
)
def test_operations_are_described(application: Application) -> None:
    """The API description in /openapi.json lists all five operations on contacts."""
    answer = application.send(Request("GET", "/openapi.json")).expect_status(200, key="no_api_description")
    paths = answer.typed(dict, "paths", key="no_api_description")
    found = {
        (_shape(path), method) for path, methods in paths.items() if isinstance(methods, dict) for method in methods
    }
    one = f"{CONTACTS}/{{}}"
    wanted = {(CONTACTS, "get"), (CONTACTS, "post"), (one, "get"), (one, "patch"), (one, "delete")}
    missing = ", ".join(f"{method.upper()} {path}" for path, method in sorted(wanted - found))
    expect(
        not missing,
        "operation_not_described",
        asked=str(answer.request),
        expected="all of them",
        got=f"no {missing}",
    )


def _shape(path: str) -> str:
    """The path without the names of its parameters, which are the author's own."""
    return re.sub(r"{[^{}]*}", "{}", path)


@check(
    task="1.5",
    points=1,
    hints=(
        "Two users store the same person. One of them deletes the contact. Does the other one still have it?",
        "A statement changes every row that its WHERE clause matches. Does yours contain the id of this contact?",
        "delete(Contact).where(Contact.id == contact_id, Contact.owner_id == owner.id), and the same for an update.",
    ),
    needs=(*DELETED, *CHANGED, "two_users_may_know_the_same_person"),
)
def test_others_notice_nothing(user: User, other_user: User, random: Random) -> None:
    """Changing or deleting a contact changes no other contact: of the same user, or of other users."""
    same = valid_contact(random)
    contact = user.created(same)
    bystanders = [
        (user, user.created({**same, "email": new_email(random)})),
        (other_user, other_user.created(same)),
        (other_user, other_user.created({**same, "email": new_email(random)})),
    ]
    before = [owner.read(each["id"]).expect_status(200, key="not_read") for owner, each in bystanders]

    def expect_untouched(key: str) -> None:
        for (owner, each), answer in zip(bystanders, before, strict=True):
            after = owner.read(each["id"]).expect_status(200, key=key)
            if after.json != answer.json:
                raise after.failed(key, f"as before: {answer}", str(after))

    change = {"first_name": "Інша", "phone": "112", "notes": None}
    user.change(contact["id"], change).expect_status(200, key="not_changed")
    expect_untouched("other_contact_changed")
    user.delete(contact["id"]).expect_success(204, key="not_deleted")
    expect_untouched("other_contact_deleted")


@check(
    task="1.5",
    points=1,
    hints=(
        "Which texts can a path contain in place of an id? Try a word, a fraction and a number with thirty digits.",
        "No contact has such an id. Refuse it before it reaches the database.",
        "Declare the parameter as `contact_id: int` with the bounds of the column: Path(ge=..., le=LARGEST_INTEGER).",
    ),
    needs=("missing_contact_is_not_found",),
)
def test_any_id_has_an_answer(user: User) -> None:
    """GET, PATCH and DELETE with an id that is not a number, or is too large, answer 404 or 422."""
    for identifier in ("abc", "1.5", "0", "-1", "-" + "9" * 30, "9" * 19, "9" * 30, "%20", "null"):
        for answer in (user.read(identifier), user.change(identifier, {"notes": "?"}), user.delete(identifier)):
            if answer.status not in (404, 405, 422):
                raise answer.failed("wrong_id_breaks", "404 or 422", str(answer))
