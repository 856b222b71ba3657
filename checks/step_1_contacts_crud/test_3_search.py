"""Task 1.3: search."""

from random import Random

from courseware.checking import check
from step_1_contacts_crud.contacts import expect_contacts_in_any_order, mixed_case, valid_contact
from users import User

LISTED = ("contacts_are_listed",)
FOUND = ("search_finds_part_of_a_name_or_email",)


@check(
    task="1.3",
    points=3,
    hints=(
        "Search for a part from the middle of a name. Which fields does your query search?",
        "q is compared with three columns, and one match is enough.",
        "or_() of the three columns, each with a substring comparison, added to the conditions of the list.",
    ),
    needs=LISTED,
)
def test_search_finds_part_of_a_name_or_email(newcomer: User, random: Random) -> None:
    """With q the list holds the contacts with this text in the first name, the last name or the e-mail address."""
    by_first = newcomer.created(valid_contact(random, first_name="Roxwelda"))
    by_last = newcomer.created(valid_contact(random, last_name="Brumfitt"))
    by_email = newcomer.created(valid_contact(random, email="zyx.kwop@example.com"))
    for text, contact in (("xwel", by_first), ("umfi", by_last), ("x.kwo", by_email)):
        expect_contacts_in_any_order(newcomer.listed(q=text), [contact], key="wrong_matches")


@check(
    task="1.3",
    points=3,
    hints=(
        "Search for a Cyrillic name in small letters, then in capitals.",
        "LIKE of SQLite ignores the case of the letters a to z only. LIKE of PostgreSQL never ignores case.",
        "icontains() applies lower() to both sides. app/core/database.py gives SQLite a lower() for every alphabet.",
    ),
    needs=FOUND,
)
def test_search_ignores_case_in_any_alphabet(newcomer: User, random: Random) -> None:
    """Search ignores the case of letters, in Latin and in Cyrillic: `олена` finds `Олена`."""
    contacts = {name: newcomer.created(valid_contact(random, first_name=name)) for name in ("Устина", "Roxanne")}
    newcomer.created(valid_contact(random, first_name="Тарас", last_name="Мороз"))
    for name, contact in contacts.items():
        for text in (name.lower(), mixed_case(name, random)):
            expect_contacts_in_any_order(newcomer.listed(q=text), [contact], key="case_matters")


@check(
    task="1.3",
    points=2,
    hints=(
        "Search for a percent sign. How many contacts contain one?",
        "The user's text becomes part of a LIKE pattern. Which characters are wildcards there?",
        "Column operators such as contains() and icontains() take autoescape=True.",
    ),
    needs=FOUND,
)
def test_percent_and_underscore_are_ordinary(newcomer: User, random: Random) -> None:
    """Search treats % and _ as ordinary characters: it finds only the names that contain them."""
    for sign in "%_":
        contact = newcomer.created(valid_contact(random, first_name=f"Квіт{sign}ка"))
        newcomer.created(valid_contact(random, first_name="Квітка"))
        newcomer.created(valid_contact(random, first_name="Квітонька"))
        expect_contacts_in_any_order(newcomer.listed(q=f"Квіт{sign}"), [contact], key="wildcard_in_search")


@check(
    task="1.3",
    points=2,
    hints=(
        "Search, and compare the total with the number of contacts that match.",
        "The query for the page and the query for its total need the same conditions.",
        "Build the conditions once, and use them in the query for the rows and in the query for the count.",
    ),
    needs=FOUND,
)
def test_total_counts_the_matches(newcomer: User, random: Random) -> None:
    """With q the total counts all matches, including those that are not on this page, and nothing else."""
    for name in ("Grubwald", "Grubner", "Grubinger", "Novak"):
        newcomer.created(valid_contact(random, first_name="Anna", last_name=name))
    answer = newcomer.listed(q="grub", limit=2)
    answer.expect_value("total", equals=3, key="wrong_total")
    found = len(answer.typed(list, "items"))
    if found != 2:
        raise answer.failed("wrong_page_size", "2 of the 3 matches", f"{found} items")
