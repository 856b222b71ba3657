"""Task 1.2 with other data and harder edges."""

from random import Random

from courseware.checking import check
from step_1_contacts_crud.contacts import expect_contacts, name_and_id, valid_contact
from users import User

LISTED = ("contacts_are_listed",)


@check(
    task="1.2",
    points=0.5,
    hints=(
        "Two contacts can have the same name. Which of them comes first, and is it the same in every request?",
        "An order is complete only if no two rows can be equal in it.",
        "End the order with the id: order_by(Contact.last_name, Contact.first_name, Contact.id).",
    ),
    needs=("contacts_are_ordered_by_name", "pages_are_cut"),
)
def test_equal_names_are_ordered_by_id(newcomer: User, random: Random) -> None:
    """Contacts with the same name are listed by id, so that all pages together contain every contact once."""
    names = [("Ткач", "Ганна")] * 4 + [("Мороз", "Яків")] * 2 + [("Ткач", "Богдан")]
    random.shuffle(names)
    contacts = [newcomer.created(valid_contact(random, last_name=last, first_name=first)) for last, first in names]
    ordered = sorted(contacts, key=name_and_id)
    expect_contacts(newcomer.listed(), ordered, key="wrong_order")
    for offset in range(0, len(ordered), 3):
        expect_contacts(newcomer.listed(limit=3, offset=offset), ordered[offset : offset + 3], key="pages_overlap")
