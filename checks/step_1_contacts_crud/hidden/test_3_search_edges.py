"""Task 1.3 with other data and harder edges."""

from random import Random

from courseware.checking import check
from step_1_contacts_crud.contacts import expect_contacts_in_any_order, valid_contact
from users import User

FOUND = ("search_finds_part_of_a_name_or_email",)


@check(
    task="1.3",
    points=1,
    hints=(
        "What does a search form send before anything was typed?",
        "Every text contains the empty text.",
        "Add the condition only when there is something to look for: `if q:`.",
    ),
    needs=FOUND,
)
def test_empty_search_finds_everything(newcomer: User, random: Random) -> None:
    """An empty q is no filter: the list holds all of the user's contacts."""
    contacts = [newcomer.created(valid_contact(random)) for _ in range(3)]
    expect_contacts_in_any_order(newcomer.listed(q=""), contacts, key="empty_search_filters")


@check(
    task="1.3",
    points=1,
    hints=(
        "Search for names with characters that are no letters, and with letters that English does not have.",
        "No character of the user's text may reach the database as a part of the statement or of the pattern.",
        "Let SQLAlchemy bind and escape the text, and lower the case in Python on both sides.",
    ),
    needs=("search_ignores_case_in_any_alphabet", "percent_and_underscore_are_ordinary"),
)
def test_search_takes_any_character(newcomer: User, random: Random) -> None:
    r"""Search finds names with quotes, slashes and backslashes, and rarer letters in any case."""
    names = ("Лук'яненко", "Ґалаґан", "Їжак", "a\\b", "c/d", "50%_", 'e"f', "Ñandú")
    searches = ("к'ян", "ґАЛАҐ", "їЖ", "\\", "/", "%_", '"', "ÑANDÚ")
    contacts = [newcomer.created(valid_contact(random, first_name="Anna", last_name=name)) for name in names]
    for text, contact in zip(searches, contacts, strict=True):
        expect_contacts_in_any_order(newcomer.listed(q=text), [contact], key="character_not_taken_as_it_is")
    expect_contacts_in_any_order(newcomer.listed(q="' OR 1=1 --"), [], key="character_not_taken_as_it_is")


@check(
    task="1.3",
    points=1,
    hints=(
        "In which fields does the contract look for the text?",
        "Phone and notes are not searched.",
        "Compare with first_name, last_name and email, and with nothing else.",
    ),
    needs=FOUND,
)
def test_search_leaves_other_fields_alone(newcomer: User, random: Random) -> None:
    """Text that stands only in the phone or in the notes is not found."""
    newcomer.created(valid_contact(random, first_name="Anna", phone="+700700700", notes="любить подорожі"))
    for text in ("700700", "подорож"):
        expect_contacts_in_any_order(newcomer.listed(q=text), [], key="other_field_searched")


@check(
    task="1.3",
    points=1,
    hints=(
        "Whose contacts are searched?",
        "Write down the condition of the search with brackets: what belongs to the `or`, and what does not?",
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
