"""Task 1.3 with other data and harder edges."""

from random import Random

from courseware.checking import check
from step_1_contacts_crud.contacts import expect_contacts_in_any_order, valid_contact
from users import User

FOUND = ("search_finds_part_of_a_name_or_email",)


@check(
    task="1.3",
    points=0.5,
    hints=(
        "Search for names with characters that are not letters, and with letters that English does not have.",
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
