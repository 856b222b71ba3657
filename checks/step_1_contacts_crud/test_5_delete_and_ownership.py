"""Task 1.5: deleting, and whose contact it is."""

from random import Random

from courseware.checking import Application, Request, check, expect
from errors import expect_error
from step_1_contacts_crud.contacts import expect_contact, expect_contacts_in_any_order, valid_contact
from users import CONTACTS, User, path_of

DELETED = ("deleted_contact_is_gone",)
CHANGED = ("patch_changes_what_was_sent",)


@check(
    task="1.5",
    points=2,
    hints=(
        "Delete a contact, then request it.",
        "A deletion is a change: it takes effect with the commit of the transaction.",
        "await session.delete(contact), await session.commit(); the route calls the service.",
    ),
    needs=("contact_is_read",),
)
def test_deleted_contact_is_gone(user: User, random: Random) -> None:
    """After DELETE /contacts/{id} the contact is gone."""
    contact = user.created(valid_contact(random))
    user.delete(contact["id"]).expect_success(204, key="not_deleted")
    user.read(contact["id"]).expect_status(404, key="deleted_contact_found")


@check(
    task="1.5",
    points=1,
    hints=(
        "Which body does a client need after a deletion?",
        "One status means success without a body.",
        "The route has status_code=HTTPStatus.NO_CONTENT and returns None.",
    ),
    needs=DELETED,
)
def test_deletion_answers_204(user: User, random: Random) -> None:
    """DELETE /contacts/{id} answers 204 without a body."""
    contact = user.created(valid_contact(random))
    answer = user.delete(contact["id"]).expect_status(204, key="not_deleted")
    expect(not answer.body, "body_with_204", asked=str(answer.request), expected="no body", got=str(answer))


@check(
    task="1.5",
    points=1,
    hints=(
        "Did the second request delete a row?",
        "To know that the contact does not exist, your code has to select it first.",
        "Let the delete use the same function as the read, which raises not-found when there is no row.",
    ),
    needs=DELETED,
)
def test_second_delete_is_not_found(user: User, random: Random) -> None:
    """DELETE of a contact that is already deleted answers 404."""
    contact = user.created(valid_contact(random))
    user.delete(contact["id"]).expect_success(204, key="not_deleted")
    expect_error(user.delete(contact["id"]), 404, key="deleted_twice")


@check(
    task="1.5",
    points=3,
    hints=(
        "What can another user learn about the ids of your contacts?",
        "The answers for another user's contact and for an unknown id must be equal in every character.",
        "Put the owner into the WHERE clause of every query. It then finds no row for another user's contact: 404.",
    ),
    needs=(*DELETED, *CHANGED),
)
def test_foreign_contact_looks_like_a_missing_one(user: User, other_user: User, random: Random) -> None:
    """Reading, changing or deleting another user's contact answers exactly as if it did not exist: 404."""
    contact = user.created(valid_contact(random))
    own = other_user.created(valid_contact(random))
    requests = [
        Request("GET", path_of(contact["id"]), token=other_user.token),
        *(other_user.change_of(contact["id"], fields) for fields in ({"notes": "моє"}, {}, {"email": own["email"]})),
        Request("DELETE", path_of(contact["id"]), token=other_user.token),
    ]
    foreign = [other_user.application.send(request) for request in requests]
    for answer in foreign:
        expect_error(answer, 404, key="foreign_contact_found")
    user.delete(contact["id"]).expect_success(204, key="not_deleted")
    for before, request in zip(foreign, requests, strict=True):
        after = other_user.application.send(request).expect_status(404, key="missing_contact_found")
        before.expect_same_json(after, key="foreign_contact_told_apart")


@check(
    task="1.5",
    points=2,
    hints=(
        "Request the contact as its owner afterwards. Has it changed?",
        "Select the contact by its id and its owner before you change it.",
        "One function finds a contact of this user or raises not-found; update and delete both begin with it.",
    ),
    needs=(*DELETED, *CHANGED),
)
def test_foreign_contact_stays_untouched(user: User, other_user: User, random: Random) -> None:
    """After another user tried to change and to delete a contact, its owner finds it unchanged."""
    contact = user.created(valid_contact(random))
    other_user.change(contact["id"], {"first_name": "Чужий"})
    changed = user.read(contact["id"]).expect_status(200, key="not_read")
    expect_contact(changed, contact, key="foreign_contact_changed")
    other_user.delete(contact["id"])
    user.read(contact["id"]).expect_status(200, key="foreign_contact_deleted")


@check(
    task="1.5",
    points=2,
    hints=(
        "Create contacts with two users. Whose contacts does the list contain?",
        "Every query on contacts needs the owner as a condition, including the query for the total.",
        "where(Contact.owner_id == owner.id) in the query for the rows and in the query for the total.",
    ),
    needs=("contact_is_created",),
)
def test_list_holds_own_contacts_only(newcomer: User, other_user: User, random: Random) -> None:
    """GET /contacts lists and counts only the user's own contacts."""
    other_user.created(valid_contact(random))
    own = newcomer.created(valid_contact(random))
    answer = newcomer.listed()
    expect_contacts_in_any_order(answer, [own], key="foreign_contact_listed")
    answer.expect_value("total", equals=1, key="foreign_contact_counted")


@check(
    task="1.5",
    points=1,
    hints=(
        "Send a request to each route without a token.",
        "app/api/deps.py has a dependency that returns the user, and answers 401 without a valid token.",
        "Give every route of contacts a parameter of type CurrentUser.",
    ),
    needs=(*DELETED, *CHANGED, "contacts_are_listed"),
)
def test_contacts_need_a_login(application: Application, user: User, random: Random) -> None:
    """Without a token every operation on contacts answers 401 with a WWW-Authenticate header and an error code."""
    contact = user.created(valid_contact(random))
    one = path_of(contact["id"])
    requests = [
        Request("GET", CONTACTS),
        Request("POST", CONTACTS, json=valid_contact(random)),
        Request("GET", one),
        Request("PATCH", one, json={"notes": "хто я?"}),
        Request("DELETE", one),
    ]
    for request in requests:
        answer = application.send(request)
        expect_error(answer, 401, key="works_without_login")
        scheme = answer.expect_header("WWW-Authenticate", key="no_www_authenticate")
        if not scheme.lower().startswith("bearer"):
            raise answer.failed("wrong_www_authenticate", "WWW-Authenticate: Bearer", f"WWW-Authenticate: {scheme}")
