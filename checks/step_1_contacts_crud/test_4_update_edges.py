"""Task 1.4: the edges."""

from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Application, Clock, Mailbox, check, expect
from errors import expect_error
from step_1_contacts_crud.contacts import (
    RACES,
    expect_contact,
    expect_moment,
    expect_same_moment,
    soon,
    valid_contact,
)
from users import User, new_email, sign_in

CHANGED = ("patch_changes_what_was_sent",)
TAKEN = ("patch_to_a_taken_email_is_a_conflict",)


@check(
    task="1.4",
    points=0.5,
    hints=(
        "With which contacts can an address conflict?",
        "A contact does not conflict with itself or with the contacts of other users.",
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
    created = user.create(valid_contact(random)).expect_success(201, key="not_created")
    read = user.read(created.identifier("id")).expect_status(200, key="not_read")
    clock.move(soon(began))
    changed = user.change(created.identifier("id"), {"notes": "змінено"}).expect_status(200, key="not_changed")
    before, after = expect_moment(created, "updated_at"), expect_moment(changed, "updated_at")
    kept = user.read(created.identifier("id")).expect_status(200, key="not_read")
    expect_same_moment(kept, "updated_at", changed, key="change_not_kept", within=1)
    asked = f"{changed.request}, five minutes after it was created"
    expect(after > before, "updated_at_stays", asked=asked, expected=f"updated_at after {before}", got=f"{after}")
    on_time = abs(after - soon(began)) < timedelta(minutes=1)
    expect(on_time, "not_the_moment", asked=asked, expected=f"about {soon(began)}", got=f"{after}")
    expect_same_moment(changed, "created_at", read, key="created_at_changed", within=1)


@check(
    task="1.4",
    points=1,
    hints=(
        "Two changes can arrive at the same moment.",
        "A SELECT before the change does not see what another request is about to change.",
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


@check(
    task="1.4",
    points=1,
    hints=(
        "Try to change a contact into one that could not have been created.",
        "The limits belong to the field. Do both schemas share them?",
        "Use the annotated types of ContactCreate in ContactUpdate, and RequestModel as the base of both.",
    ),
    needs=CHANGED,
)
def test_change_obeys_the_limits(user: User, random: Random) -> None:
    """PATCH trims, lowers and refuses values as POST does, and it refuses unknown fields with 422."""
    contact = user.created(valid_contact(random))
    email = new_email(random)
    answer = user.change(contact["id"], {"first_name": " Злата  ", "email": email.title()})
    answer.expect_status(200, key="legal_change_refused")
    kept = {"first_name": "Злата", "email": email}
    expect_contact(answer, kept, key="change_not_normalised")
    refused: tuple[dict[str, object], ...] = (
        {"last_name": " "},
        {"first_name": "я" * 51},
        {"email": "olena@"},
        {"phone": "1" * 33},
        {"birthday": "2890-12-31"},
        {"notes": "ю" * 501},
        {"owner_id": 1},
        {"surname": "Зірка"},
    )
    for fields in refused:
        expect_error(user.change(contact["id"], {"notes": "new", **fields}), 422, key="illegal_change_accepted")
    expect_contact(user.read(contact["id"]), {**contact, **kept}, key="refused_change_kept")


@check(
    task="1.4",
    points=1,
    hints=(
        "Compare each text that you sent with the answer, character by character. What has your code changed?",
        "The application stores names, phone numbers and notes unchanged. It only removes spaces around a name.",
        "Do not use title(), do not escape and do not filter: JSON needs none of it, and the client escapes HTML.",
    ),
    needs=("contact_is_created",),
)
def test_texts_come_back_as_they_were_sent(user: User, random: Random) -> None:
    """Signs, case and alphabets of every text are kept: in the answers to POST, PATCH and GET."""
    texts = {
        "first_name": "jean-luc <b>McDonald</b>",
        "last_name": 'ван дер O\'Brien & "Co" 李 😀',
        "phone": "(0 44) 123-45.67 #8",
        "notes": "1 < 2 && 3 > 2;\n\tDROP TABLE contacts; -- %s {0} \\n ß",
    }
    contact = user.created(valid_contact(random, **texts))
    other = user.created(valid_contact(random))
    for identifier in (contact["id"], other["id"]):
        if identifier == other["id"]:
            changed = user.change(identifier, texts).expect_status(200, key="text_refused")
            expect_contact(changed, texts, key="text_rewritten")
        expect_contact(user.read(identifier), texts, key="text_rewritten")
