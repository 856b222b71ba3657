"""What the checks of step 99 share: sending notes and reading what was stored."""

from random import Random

from step_1_contacts_crud.contacts import valid_contact
from users import User


def expect_stored(user: User, random: Random, notes: str, expected: str, *, key: str) -> None:
    """Fail the check unless a new contact with these notes is stored with the expected ones."""
    contact = user.created(valid_contact(random, notes=notes))
    user.read(contact["id"]).expect_value("notes", equals=expected, key=key)
