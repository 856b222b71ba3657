"""Task 6.3: bugs that contacts over HTTP, for two users should catch, which students do not see."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.3",
    points=3,
    hints=(
        "Two users: what a search finds.",
        "A search by one user that matches a contact of the other one.",
        "Assert that `items` is empty and `total` is 0 for `q` with the name of the other user's contact.",
    ),
    needs=STANDS,
)
def test_search_shows_all_users(suite: Suite) -> None:
    """Your tests fail when the search finds contacts of other users."""
    suite.must_catch()


@check(
    task="6.3",
    points=3,
    hints=(
        "Changes and conflicts: an e-mail address that is taken.",
        "Two contacts of one user, of which one gets the address of the other by a PATCH.",
        "Assert that the PATCH is answered with 409 and the code `contact_exists`.",
    ),
    needs=STANDS,
)
def test_conflicting_change_crashes(suite: Suite) -> None:
    """Your tests fail when a change to a taken e-mail address is not a conflict."""
    suite.must_catch()


@check(
    task="6.3",
    points=2,
    hints=(
        "Lists and search: characters with a meaning in SQL.",
        "A search for `%` or `_`.",
        "Assert that a search for `%` finds only the contact whose name contains `%`.",
    ),
    needs=STANDS,
)
def test_search_has_wildcards(suite: Suite) -> None:
    """Your tests fail when `%` or `_` match any text."""
    suite.must_catch()
