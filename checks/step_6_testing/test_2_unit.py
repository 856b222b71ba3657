"""Task 6.2: bugs that unit tests of dates and tokens should catch."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.2",
    points=3,
    hints=(
        "The table of task 6.2 has a row about the end of a month or a year. Which of your tests covers it?",
        "A window that begins at the end of December and ends in January.",
        "Assert that `next_birthdays(date(2027, 12, 28), 7)` has the key 103 for 3 January, and that its date is in "
        "the next year.",
    ),
    needs=STANDS,
)
def test_birthdays_end_at_new_year(suite: Suite) -> None:
    """Your tests fail when birthdays after New Year are left out."""
    suite.must_catch()


@check(
    task="6.2",
    points=3,
    hints=(
        "The table of task 6.2 says that both ends of the window are included. Which of your tests looks at the ends?",
        "A birthday exactly `days` days after today.",
        "Assert that the birthday on the last day is found, and the birthday on the day after it is not.",
    ),
    needs=STANDS,
)
def test_last_day_is_left_out(suite: Suite) -> None:
    """Your tests fail when the last day of the window is left out."""
    suite.must_catch()


@check(
    task="6.2",
    points=3,
    hints=(
        "The table of task 6.2 has a row about 29 February. Which of your tests covers it, and in which years?",
        "A window that holds 28 February, in a year without 29 February.",
        "Assert which date stands for the key 229, in a common year and in a leap year.",
    ),
    needs=STANDS,
)
def test_leap_day_is_lost(suite: Suite) -> None:
    """Your tests fail when a birthday on 29 February is lost in common years."""
    suite.must_catch()


@check(
    task="6.2",
    points=3,
    hints=(
        "The table of task 6.2 lists the tokens that `read_token` refuses. Which of them do your tests try?",
        "A token that was made for one purpose and is read for another one.",
        "Assert with `pytest.raises(Unauthorized)` that `read_token` refuses each of the other purposes.",
    ),
    needs=STANDS,
)
def test_any_purpose_is_accepted(suite: Suite) -> None:
    """Your tests fail when a token serves another purpose than its own."""
    suite.must_catch()


@check(
    task="6.2",
    points=3,
    hints=(
        "The table of task 6.2 says how long each token is valid. Which of your tests moves the clock?",
        "A token that is read after its lifetime. Move the clock instead of waiting.",
        "Assert that a token is accepted one second before its lifetime ends, and refused one second after.",
    ),
    needs=STANDS,
)
def test_expired_tokens_are_accepted(suite: Suite) -> None:
    """Your tests fail when an expired token is accepted."""
    suite.must_catch()
