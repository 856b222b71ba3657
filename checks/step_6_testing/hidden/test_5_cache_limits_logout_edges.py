"""Task 6.5: bugs that the cache, rate limits and sessions should catch, which students do not see."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.5",
    points=3,
    hints=(
        "The cache: whose answer it stores.",
        "One user reads the birthdays, and then another user reads theirs. Use the default number of days, which is "
        "cached.",
        "Let the user with a birthday ask first, and assert that the other user's list is empty.",
    ),
    needs=STANDS,
)
def test_all_users_share_an_answer(suite: Suite) -> None:
    """Your tests fail when users share a cached answer."""
    suite.must_catch()


@check(
    task="6.5",
    points=3,
    hints=(
        "Sessions: what a logout ends.",
        "A session that was refreshed once, so that it has an old and a new token. Log out with one of them.",
        "Assert that the other token of the session is refused too.",
    ),
    needs=STANDS,
)
def test_logout_ends_one_token(suite: Suite) -> None:
    """Your tests fail when logging out ends one token alone."""
    suite.must_catch()
