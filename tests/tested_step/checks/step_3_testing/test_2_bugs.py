"""The bugs that students know."""

from courseware.checking import Suite, check

STANDS = ("has_tests", "ends_in_time")


@check(task="3.2", points=2, hints=("The name", "Greet two people.", "Compare the greeting."), needs=STANDS)
def test_same_greeting_for_all(suite: Suite) -> None:
    """Your tests fail when all are greeted alike."""
    suite.must_catch()


@check(task="3.2", points=1, hints=("The name", "A name with spaces."), needs=STANDS)
def test_name_not_trimmed(suite: Suite) -> None:
    """Your tests fail when spaces stay in the name."""
    suite.must_catch()


@check(task="3.3", points=2, hints=("The date",), needs=STANDS)
def test_date_never_changes(suite: Suite) -> None:
    """Your tests fail when the date never changes."""
    suite.must_catch()
