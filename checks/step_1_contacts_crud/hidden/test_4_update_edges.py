"""Task 1.4 with other data and harder edges."""

from random import Random

from courseware.checking import check
from errors import expect_error
from step_1_contacts_crud.contacts import expect_contact, letters, valid_contact
from users import User, new_email

CHANGED = ("patch_changes_what_was_sent",)
TAKEN = ("patch_to_a_taken_email_is_a_conflict",)


@check(
    task="1.4",
    points=0.5,
    hints=(
        "A change must not store a value that a new contact could not have.",
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
