"""Task 1.4 with other data and harder edges."""

from datetime import UTC, datetime
from random import Random

from courseware.checking import Application, Clock, Mailbox, check, expect
from errors import expect_error
from step_1_contacts_crud.contacts import RACES, expect_contact, expect_moment, letters, soon, valid_contact
from users import User, new_email, sign_in

CHANGED = ("patch_changes_what_was_sent",)
TAKEN = ("patch_to_a_taken_email_is_a_conflict",)


@check(
    task="1.4",
    points=1,
    hints=(
        "A change must not bring in what a new contact could not have.",
        "Every rule for a field belongs to the field, not to the request that carries it.",
        'Share the annotated types between the two schemas, and give both extra="forbid".',
    ),
    needs=CHANGED,
)
def test_patch_keeps_the_rules_of_create(user: User, random: Random) -> None:
    """PATCH trims, lowers, bounds and refuses as POST does: names, e-mail, phone, birthday, notes, unknown fields."""
    contact = user.created(valid_contact(random))
    email = new_email(random)
    sent = {"last_name": "  Зайченко ", "email": email.upper()}
    answer = user.change(contact["id"], sent).expect_status(200, key="legal_change_refused")
    kept = {"last_name": "Зайченко", "email": email}
    expect_contact(answer, kept, key="change_not_normalised")
    refused: tuple[dict[str, object], ...] = (
        {"first_name": "   "},
        {"last_name": letters(random, 51)},
        {"email": "nobody"},
        {"phone": "12"},
        {"birthday": "2999-01-01"},
        {"notes": letters(random, 501)},
        {"id": 1},
        {"nickname": "Оленка"},
    )
    for fields in refused:
        expect_error(user.change(contact["id"], fields), 422, key="illegal_change_accepted")
    expect_contact(user.read(contact["id"]), {**contact, **kept}, key="refused_change_kept")


@check(
    task="1.4",
    points=1,
    hints=(
        "With which contacts can an address be in conflict?",
        "A contact is not in conflict with itself, nor with the contacts of other users.",
        "Leave the decision to the unique constraint of owner and address.",
    ),
    needs=TAKEN,
)
def test_patch_conflicts_with_own_other_contacts_only(user: User, other_user: User, random: Random) -> None:
    """PATCH accepts the contact's own address again, in any case, and one that only another user's contact has."""
    foreign = other_user.created(valid_contact(random))
    contact = user.created(valid_contact(random))
    for email in (contact["email"], contact["email"].upper(), foreign["email"]):
        answer = user.change(contact["id"], {"email": email}).expect_status(200, key="free_email_refused")
        answer.expect_value("email", equals=email.lower(), key="wrong_field")


@check(
    task="1.4",
    points=1,
    hints=(
        "How does a client see that a contact has changed?",
        "One timestamp stays for ever, the other moves with each change, by the application's clock.",
        "updated_at gets now() of app/core/clock.py when the row is updated (onupdate=...); created_at does not.",
    ),
    needs=CHANGED,
)
def test_change_moves_updated_at(
    application: Application, mailbox: Mailbox | None, clock: Clock, random: Random
) -> None:
    """A change sets updated_at to a later moment and leaves created_at as it was."""
    began = datetime.now(UTC)
    clock.move(began)
    user = sign_in(application, mailbox, random)
    created = user.create(valid_contact(random)).expect_status(201, key="not_created")
    read = user.read(created.identifier("id")).expect_status(200, key="not_read")
    clock.move(soon(began))
    changed = user.change(created.identifier("id"), {"notes": "змінено"}).expect_status(200, key="not_changed")
    before, after = expect_moment(created, "updated_at"), expect_moment(changed, "updated_at")
    asked = f"{changed.request}, five minutes after it was created"
    expect(after > before, "updated_at_stays", asked=asked, expected=f"updated_at after {before}", got=f"{after}")
    changed.expect_value("created_at", equals=read.value("created_at"), key="created_at_changed")


@check(
    task="1.4",
    points=1,
    hints=(
        "Two changes can arrive in the same moment.",
        "A look before the change cannot see what the other request is about to do.",
        'Catch IntegrityError where the change is committed, roll back, and answer 409 "contact_exists".',
    ),
    needs=TAKEN,
)
def test_racing_changes_to_one_email(user: User, random: Random) -> None:
    """When several contacts get the same new e-mail address at the same moment, one answers 200 and all others 409."""
    contacts = [user.created(valid_contact(random)) for _ in range(4)]
    for _ in range(RACES):
        change = {"email": new_email(random)}
        answers = user.application.send_at_once([user.change_of(contact["id"], change) for contact in contacts])
        for answer in answers:
            answer.expect_status(200, 409, key="race_not_handled")
        changed = sum(answer.status == 200 for answer in answers)
        asked = f"four contacts at once {answers[0].request}"
        expect(changed == 1, "race_made_doubles", asked=asked, expected="200 once", got=f"200 {changed} times")
