"""Task 6.5: bugs that the cache, rate limits and sessions should catch."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.5",
    points=3,
    hints=(
        "The table of task 6.5 has a row about a contact that was changed. Which of your tests covers it?",
        "Read the birthdays, create a contact with a birthday in the next days, and read them again.",
        "Read the list before the change too, so that it is cached, and assert that the second answer contains the "
        "contact.",
    ),
    needs=STANDS,
)
def test_new_contact_is_missing_for_an_hour(suite: Suite) -> None:
    """Your tests fail when a new contact is missing in a cached answer."""
    suite.must_catch()


@check(
    task="6.5",
    points=3,
    hints=(
        "The table of limits in task 6.5 says which requests count. Which of them do your tests send?",
        "Limits that are switched on, and eleven logins with wrong passwords.",
        "Assert that ten logins are answered with 401, and the next one with 429.",
    ),
    needs=STANDS,
)
def test_failed_logins_are_not_counted(suite: Suite) -> None:
    """Your tests fail when failed logins are not counted."""
    suite.must_catch()


@check(
    task="6.5",
    points=3,
    hints=(
        "The table of sessions in task 6.5 has a row about a used refresh token. Which of your tests covers it?",
        "Two calls of `POST /auth/refresh` with the same token.",
        "Assert that the second answer is 401 with the code `token_revoked`.",
    ),
    needs=STANDS,
)
def test_refresh_token_works_twice(suite: Suite) -> None:
    """Your tests fail when a refresh token works twice."""
    suite.must_catch()
