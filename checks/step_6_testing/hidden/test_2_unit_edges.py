"""Task 6.2: bugs that unit tests of dates and tokens should catch, which students do not see."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.2",
    points=3,
    hints=(
        "Birthdays at the ends of the window: where exactly does it begin?",
        "A birthday that is today.",
        "Assert that the birthday of today is found with today's date, and the birthday of yesterday is not found.",
    ),
    needs=STANDS,
)
def test_today_is_left_out(suite: Suite) -> None:
    """Your tests fail when a birthday of today is left out."""
    suite.must_catch()


@check(
    task="6.2",
    points=2,
    hints=(
        "Tokens: who may write one.",
        "A token whose claims are right, and which is signed with another key.",
        "Sign the claims again with a key of your own, and assert that `read_token` raises `Unauthorized`.",
    ),
    needs=STANDS,
)
def test_any_key_is_accepted(suite: Suite) -> None:
    """Your tests fail when a token with a wrong signature is accepted."""
    suite.must_catch()
