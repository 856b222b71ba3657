"""Task 1.4: partial update."""

from random import Random

from courseware.checking import check
from errors import expect_error
from step_1_contacts_crud.contacts import expect_contact, expect_same_moment, valid_contact
from users import OPTIONAL, REQUIRED, User

READ = ("contact_is_read",)
CHANGED = ("patch_changes_what_was_sent",)


@check(
    task="1.4",
    points=4,
    hints=(
        "How does your code know that a field was not sent?",
        "A field with a default looks the same whether it was sent or not, unless you ask the model which were set.",
        "for name, value in data.model_dump(exclude_unset=True).items(): setattr(contact, name, value), then commit.",
    ),
    needs=READ,
)
def test_patch_changes_what_was_sent(user: User, random: Random) -> None:
    """PATCH /contacts/{id} changes the fields that were sent, and every other field stays as it was."""
    contact = user.created(valid_contact(random))
    sent = {"phone": "+380671112233", "first_name": "Ярослава"}
    answer = user.change(contact["id"], sent).expect_status(200, key="not_changed")
    expect_contact(answer, sent, key="field_not_changed")
    expected = {**contact, **sent}
    expect_contact(answer, expected, key="other_field_changed")
    expect_contact(user.read(contact["id"]), expected, key="change_not_kept")


@check(
    task="1.4",
    points=3,
    hints=(
        "Which body removes a birthday?",
        "null in the body and an absent field have different meanings.",
        "exclude_unset=True keeps a null that was sent. exclude_none=True drops it.",
    ),
    needs=CHANGED,
)
def test_null_clears_an_optional_field(user: User, random: Random) -> None:
    """PATCH with null for birthday or notes clears the field."""
    contact = user.created(valid_contact(random))
    for name in OPTIONAL:
        answer = user.change(contact["id"], {name: None}).expect_status(200, key="null_refused")
        answer.expect_value(name, equals=None, key="null_ignored")


@check(
    task="1.4",
    points=3,
    hints=(
        '"May be absent" and "may be null" are different.',
        "A field of the update may have a default that no client can send. The type says what a client may send.",
        "In ContactUpdate, `first_name: Name | MISSING = MISSING` may be absent, and its type does not allow None.",
    ),
    needs=CHANGED,
)
def test_null_for_a_required_field_is_refused(user: User, random: Random) -> None:
    """PATCH with null for a name, the e-mail address or the phone answers 422 and changes nothing."""
    contact = user.created(valid_contact(random))
    for name in REQUIRED:
        user.change(contact["id"], {name: None}).expect_status(422, key="null_accepted")
    expect_contact(user.read(contact["id"]), contact, key="refused_change_kept")


@check(
    task="1.4",
    points=2,
    hints=(
        "The body contains no field. What should change?",
        "An empty object is a valid partial update: it requests no change.",
        "Give every field of the update schema a default, and do not treat an empty set of changes as an error.",
    ),
    needs=CHANGED,
)
def test_empty_patch_changes_nothing(user: User, random: Random) -> None:
    """PATCH with an empty object answers 200 and the contact as it was."""
    contact = user.created(valid_contact(random))
    before = user.read(contact["id"]).expect_status(200, key="not_read")
    answer = user.change(contact["id"], {}).expect_status(200, key="empty_patch_refused")
    expect_contact(answer, contact, key="empty_patch_changed_something")
    expect_same_moment(answer, "updated_at", before, key="empty_patch_changed_something")


@check(
    task="1.4",
    points=2,
    hints=(
        "A change can violate the same constraint as a new contact.",
        "Which exception does the database raise if the address is taken, and at which line?",
        'Let create and update save through one function that turns IntegrityError into 409 "contact_exists".',
    ),
    needs=(*CHANGED, "same_email_twice_is_a_conflict"),
)
def test_patch_to_a_taken_email_is_a_conflict(user: User, random: Random) -> None:
    """PATCH with the address of another of the user's own contacts answers 409 contact_exists and changes nothing."""
    taken = user.created(valid_contact(random))
    contact = user.created(valid_contact(random))
    answer = user.change(contact["id"], {"email": taken["email"], "notes": "нова адреса"})
    expect_error(answer, 409, code="contact_exists", key="taken_email_not_refused")
    expect_contact(user.read(contact["id"]), contact, key="refused_change_kept")
