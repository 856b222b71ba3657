"""Task 6.3: bugs that contacts over HTTP, for two users should catch."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.3",
    points=3,
    hints=(
        "The table of task 6.3 says whose contacts a list contains. Which lists do your tests read for both users?",
        "Two users who both have contacts. Lists that are derived from contacts, such as the birthdays, belong to one "
        "of them as well.",
        "Let the other user create a contact with a birthday in the next days, and assert that your user's list does "
        "not contain it.",
    ),
    needs=STANDS,
)
def test_birthdays_of_all_users(suite: Suite) -> None:
    """Your tests fail when birthdays show the contacts of other users."""
    suite.must_catch()


@check(
    task="6.3",
    points=3,
    hints=(
        "The table of task 6.3 says who may store the same e-mail address. Which of your tests covers this?",
        "Two users who know the same person.",
        "Create a contact with the same e-mail address for each of two users, and assert that both answers are 201.",
    ),
    needs=STANDS,
)
def test_address_unique_for_all_users(suite: Suite) -> None:
    """Your tests fail when two users cannot store the same e-mail address."""
    suite.must_catch()


@check(
    task="6.3",
    points=3,
    hints=(
        "The row `PATCH` in the table of task 6.3 makes several promises. Which of them do your tests try?",
        "A PATCH with `null` for an optional field.",
        "Read the contact again after the PATCH, and assert that `birthday` and `notes` are `None`.",
    ),
    needs=STANDS,
)
def test_null_does_not_clear(suite: Suite) -> None:
    """Your tests fail when `null` does not clear a field."""
    suite.must_catch()


@check(
    task="6.3",
    points=3,
    hints=(
        "The table of task 6.3 fixes the order of `GET /contacts`. Would your tests notice another order?",
        "Contacts that are created in another order than that of their names.",
        "Assert the order of all contacts of a page, and not only which contacts are there.",
    ),
    needs=STANDS,
)
def test_pages_are_ordered_by_id(suite: Suite) -> None:
    """Your tests fail when contacts are not ordered by name."""
    suite.must_catch()
