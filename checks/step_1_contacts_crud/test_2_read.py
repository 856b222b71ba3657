"""Task 1.2: reading one contact and a page of contacts."""

from random import Random

from courseware.checking import check
from errors import expect_error
from step_1_contacts_crud.contacts import (
    TIMESTAMPS,
    expect_contact,
    expect_contacts,
    expect_contacts_in_any_order,
    expect_moment,
    items_of,
    missing_like,
    valid_contact,
)
from users import User, new_email

CREATED = ("contact_is_created",)
LISTED = ("contacts_are_listed",)


@check(
    task="1.2",
    points=2,
    hints=(
        "Request a contact that you have just created. What is the answer?",
        "The service looks for a row with this id and this owner.",
        "select(Contact).where(Contact.id == contact_id, Contact.owner_id == owner.id), then session.scalar(...).",
    ),
    needs=CREATED,
)
def test_contact_is_read(user: User, random: Random) -> None:
    """GET /contacts/{id} answers 200 with the contact as it was created."""
    contact = user.created(valid_contact(random))
    answer = user.read(contact["id"]).expect_status(200, key="not_read")
    expect_contact(answer, contact, key="wrong_field")


@check(
    task="1.2",
    points=1.5,
    hints=(
        "Which status tells a client that a contact does not exist?",
        "A query that finds no row returns None. Which part of your code turns None into an answer?",
        "Raise the application's own not-found error where the service finds None; the handler makes the 404.",
    ),
    needs=("contact_is_read",),
)
def test_missing_contact_is_not_found(user: User, random: Random) -> None:
    """GET /contacts/{id} with an unknown id answers 404, in the shape of every error."""
    contact = user.created(valid_contact(random))
    expect_error(user.read(missing_like(contact["id"], random)), 404, key="missing_contact_found")


@check(
    task="1.2",
    points=1,
    hints=(
        "A timestamp says 08:30. In which time zone?",
        "A timestamp without an offset means another moment on every machine.",
        "Use the application's timezone-aware column type and now() of app/core/clock.py.",
    ),
    needs=("contact_is_read",),
)
def test_timestamps_carry_an_offset(user: User, random: Random) -> None:
    """created_at and updated_at are ISO 8601 with a UTC offset, when created and when read again."""
    created = user.create(valid_contact(random)).expect_success(201, key="not_created")
    read = user.read(created.identifier("id")).expect_status(200, key="not_read")
    for name in TIMESTAMPS:
        moment = expect_moment(created, name)
        if expect_moment(read, name) != moment:
            raise read.failed("timestamp_changed", f"{name} as when created, {moment.isoformat()}", str(read))


@check(
    task="1.2",
    points=3,
    hints=(
        "Read the answer: is it an object with four keys, also if there are no contacts yet?",
        "A page contains its items and its position in the whole list: items, total, limit, offset.",
        "Without parameters limit is 20 and offset is 0; items are whole contacts; no contacts is an empty list.",
    ),
    needs=CREATED,
)
def test_contacts_are_listed(newcomer: User, random: Random) -> None:
    """GET /contacts answers 200 with items, total, limit 20 and offset 0, and with no items before there are any."""
    frame = {"limit": 20, "offset": 0}
    expect_contact(newcomer.listed(), {"items": [], "total": 0, **frame}, key="wrong_empty_page")
    contacts = [newcomer.created(valid_contact(random)) for _ in range(2)]
    answer = newcomer.listed()
    expect_contact(answer, {"total": 2, **frame}, key="wrong_page_frame")
    expect_contacts_in_any_order(answer, contacts, key="wrong_items")
    for place, item in enumerate(items_of(answer)):
        for contact in contacts:
            if contact["email"] == item["email"]:
                expect_contact(answer, contact, "items", place, key="incomplete_item")


@check(
    task="1.2",
    points=3,
    hints=(
        "How many items are on the page, and how many contacts are there?",
        "limit and offset select a page. The total counts the whole list.",
        "Two queries with the same conditions: one with limit() and offset(), one select(func.count()) without.",
    ),
    needs=LISTED,
)
def test_pages_are_cut(newcomer: User, random: Random) -> None:
    """With limit and offset a page holds that part of the contacts, while total still counts all of them."""
    names = ("Adams", "Baker", "Clark", "Davis")
    contacts = [newcomer.created(valid_contact(random, first_name="Anna", last_name=name)) for name in names]
    middle = newcomer.listed(limit=2, offset=1)
    expect_contact(middle, {"limit": 2, "offset": 1}, key="wrong_page_frame")
    expect_contacts_in_any_order(middle, contacts[1:3], key="wrong_part")
    middle.expect_value("total", equals=4, key="wrong_total")


@check(
    task="1.2",
    points=2,
    hints=(
        "Create contacts in an order that is not the order of their names, and look at the list.",
        "Without ORDER BY the database returns rows in any order: pages may repeat rows or lose them.",
        "order_by(Contact.last_name, Contact.first_name, Contact.id).",
    ),
    needs=LISTED,
)
def test_contacts_are_ordered_by_name(newcomer: User, random: Random) -> None:
    """Contacts are listed by last name, and by first name where the last names are the same."""
    names = [("Бондар", "Тарас"), ("Коваль", "Андрій"), ("Коваль", "Марія"), ("Мельник", "Богдан")]
    ordered = [valid_contact(random, last_name=last, first_name=first) for last, first in names]
    for place in (3, 2, 0, 1):
        ordered[place] = newcomer.created(ordered[place])
    expect_contacts(newcomer.listed(), ordered, key="wrong_order")


@check(
    task="1.2",
    points=2,
    hints=(
        "This check makes SQLite reverse every order that a query does not define. What does your query not define?",
        "The index of the table may give you this order by accident. Another database, or the next version, may not.",
        "A complete order names all three columns: order_by(Contact.last_name, Contact.first_name, Contact.id).",
    ),
    needs=("contacts_are_ordered_by_name", "pages_are_cut"),
    other_row_order=True,
)
def test_order_leaves_nothing_open(newcomer: User, random: Random) -> None:
    """Last name, first name and id give the order of every page, in whatever order the database finds the rows."""
    names = [("Савчук", "Юрій"), ("Савчук", "Іван"), ("Савчук", "Юрій"), ("Бойко", "Юрій"), ("Савчук", "Юрій")]
    contacts = [
        newcomer.created(valid_contact(random, last_name=last, first_name=first, email=f"{letter}.{new_email(random)}"))
        for letter, (last, first) in zip("zyxwv", names, strict=True)  # addresses in another order than ids
    ]
    ordered = sorted(contacts, key=lambda contact: (contact["last_name"], contact["first_name"], contact["id"]))
    for offset in range(0, len(ordered), 2):
        expect_contacts(newcomer.listed(limit=2, offset=offset), ordered[offset : offset + 2], key="order_left_open")


@check(
    task="1.2",
    points=2,
    hints=(
        "What does your application answer to limit=-1, and to limit=1000000?",
        "Declare the range together with the parameter, so that the database never gets −1.",
        "In PageParams: limit: Annotated[int, Field(ge=1, le=100)] = 20, and offset with Field(ge=0) in the same way.",
    ),
    needs=LISTED,
)
def test_page_bounds_are_checked(newcomer: User) -> None:
    """A limit from 1 to 100 is accepted; limit 0, limit 101 and offset -1 answer 422."""
    for query in ({"limit": 1}, {"limit": 100}):
        newcomer.page(**query).expect_status(200, key="legal_page_refused")
    for query in ({"limit": 0}, {"limit": 101}, {"offset": -1}):
        newcomer.page(**query).expect_status(422, key="illegal_page_accepted")
