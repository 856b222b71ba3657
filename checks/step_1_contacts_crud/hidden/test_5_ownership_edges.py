"""Task 1.5 with other data and harder edges."""

from random import Random

from courseware.checking import check
from errors import expect_error
from step_1_contacts_crud.contacts import valid_contact
from users import User

DELETED = ("deleted_contact_is_gone",)
CHANGED = ("patch_changes_what_was_sent",)


@check(
    task="1.5",
    points=0.5,
    hints=(
        "What does your code check first: the owner of the contact, or the values of the change?",
        "A 409 for another user's contact reveals that it exists.",
        "Find the contact by id and owner first; everything else about the change comes after that.",
    ),
    needs=(*DELETED, "patch_to_a_taken_email_is_a_conflict"),
)
def test_foreign_contact_is_missing_before_all_else(user: User, other_user: User, random: Random) -> None:
    """PATCH of another user's contact answers 404, also with an empty body or an address that one of them has."""
    contact, second = user.created(valid_contact(random)), user.created(valid_contact(random))
    own = other_user.created(valid_contact(random))
    changes: tuple[dict[str, object], ...] = ({}, {"email": own["email"]}, {"email": second["email"]})
    for fields in changes:
        expect_error(other_user.change(contact["id"], fields), 404, key="foreign_contact_told_apart")
