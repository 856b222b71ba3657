"""Task 1.3: the edges."""

from random import Random

from courseware.checking import check
from step_1_contacts_crud.contacts import expect_contact, expect_contacts, expect_contacts_in_any_order, valid_contact
from users import User, new_email

FOUND = ("search_finds_part_of_a_name_or_email",)


@check(
    task="1.3",
    points=0.5,
    hints=(
        "What does an empty search form send?",
        "Every text contains the empty text.",
        "Add the condition only if there is a text to search for: `if q:`.",
    ),
    needs=FOUND,
)
def test_empty_search_finds_everything(newcomer: User, random: Random) -> None:
    """An empty q is no filter: the list holds all of the user's contacts."""
    contacts = [newcomer.created(valid_contact(random)) for _ in range(3)]
    expect_contacts_in_any_order(newcomer.listed(q=""), contacts, key="empty_search_filters")


@check(
    task="1.3",
    points=0.5,
    hints=(
        "Which fields does the task name for the search?",
        "Phone and notes are not searched.",
        "Compare with first_name, last_name and email, and with nothing else.",
    ),
    needs=FOUND,
)
def test_search_leaves_other_fields_alone(newcomer: User, random: Random) -> None:
    """Text that occurs only in the phone number or in the notes is not found."""
    newcomer.created(valid_contact(random, first_name="Anna", phone="+700700700", notes="любить подорожі"))
    for text in ("700700", "подорож"):
        expect_contacts_in_any_order(newcomer.listed(q=text), [], key="other_field_searched")


@check(
    task="1.3",
    points=0.5,
    hints=(
        "Whose contacts does your query search?",
        "Write the condition of the search with parentheses: what belongs to the OR, and what does not?",
        "Owner AND (first name OR last name OR e-mail): put the three into one or_().",
    ),
    needs=FOUND,
)
def test_search_stays_with_the_owner(newcomer: User, other_user: User, random: Random) -> None:
    """Search finds and counts the user's own contacts only, whichever field matches."""
    for field in ({"first_name": "Wuxmira"}, {"last_name": "Wuxmira"}, {"email": "wuxmira@example.com"}):
        other_user.created(valid_contact(random, **field))
    own = newcomer.created(valid_contact(random, first_name="Wuxmira"))
    answer = newcomer.listed(q="wuxmira")
    expect_contacts_in_any_order(answer, [own], key="foreign_contact_found")
    answer.expect_value("total", equals=1, key="foreign_contact_counted")


@check(
    task="1.3",
    points=0.5,
    hints=(
        "Search for a name with an apostrophe, and for one with a backslash.",
        "The user's text is data. It must not become a part of the SQL statement or of the pattern.",
        "autoescape=True escapes the escape character too. A pattern of your own may not do this.",
    ),
    needs=("percent_and_underscore_are_ordinary", "search_stays_with_the_owner"),
)
def test_quotes_and_backslashes_are_ordinary(newcomer: User, random: Random) -> None:
    r"""Search treats quotes and \ as ordinary characters: \ finds only the names that contain a backslash."""
    contacts = {sign: newcomer.created(valid_contact(random, first_name=f"x{sign}y")) for sign in ("'", '"', "\\")}
    newcomer.created(valid_contact(random, first_name="xy"))
    for sign, contact in contacts.items():
        expect_contacts_in_any_order(newcomer.listed(q=sign), [contact], key="sign_not_taken_as_it_is")


@check(
    task="1.3",
    points=1,
    hints=(
        "Search for a text that many contacts contain, and request several pages.",
        "A search is the same list with one more condition. Order, limit, offset and their bounds do not change.",
        "One query for both: add the condition for q to the conditions, and leave order_by, limit and offset alone.",
    ),
    needs=FOUND,
    other_row_order=True,
)
def test_matches_come_in_pages(newcomer: User, random: Random) -> None:
    """With q, too, limit and offset select the page, the order is by name and id, and bounds are checked."""
    names = (("Ярмак", "Злата"), ("Ярмак", "Інна"), ("Ярмак", "Злата"), ("Бровар", "Злата"), ("Ткач", "Злата"))
    contacts = [
        newcomer.created(valid_contact(random, last_name=last, first_name=first, email=f"{sign}.{new_email(random)}"))
        for sign, (last, first) in zip("zyxwv", names, strict=True)
    ]
    found = sorted(
        (contact for contact in contacts if contact["first_name"] == "Злата"),
        key=lambda contact: (contact["last_name"], contact["id"]),
    )
    for limit, offset in ((20, 0), (2, 0), (2, 2), (1, 3), (3, 5)):
        answer = newcomer.listed(q="злат", limit=limit, offset=offset)
        expect_contacts(answer, found[offset : offset + limit], key="wrong_page_of_matches")
        expect_contact(answer, {"total": 4, "limit": limit, "offset": offset}, key="wrong_frame_of_matches")
    for query in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "ten"}):
        newcomer.page(q="злат", **query).expect_status(422, key="illegal_page_accepted")


@check(
    task="1.3",
    points=0.5,
    hints=(
        "Search for a whole name, for a whole address, for one letter, and for two names at once.",
        "The text must be a part of one field. Do not join two fields.",
        "Three comparisons joined by or_(), each of one column with the whole text.",
    ),
    needs=(*FOUND, "contacts_are_listed", "search_stays_with_the_owner"),
)
def test_whole_and_short_texts_are_found(newcomer: User, random: Random) -> None:
    """A contact is found by each of its own fields alone; no match answers 200, with no items and total 0."""
    contact = newcomer.created(valid_contact(random, first_name="Квітка", last_name="Цісик", email="kvit@song.example"))
    newcomer.created(valid_contact(random))
    for text in ("Квітка", "Цісик", "kvit@song.example", "Ц", "NG.EX"):
        expect_contacts_in_any_order(newcomer.listed(q=text), [contact], key="not_found")
    for text in ("Квітка Цісик", "квіт@", "ніхто"):
        answer = newcomer.listed(q=text)
        expect_contacts_in_any_order(answer, [], key="found_what_does_not_match")
        answer.expect_value("total", equals=0, key="wrong_total")
