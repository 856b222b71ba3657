"""The bugs that are kept back."""

from courseware.checking import Suite, check

STANDS = ("has_tests", "ends_in_time")


@check(task="3.2", points=1, hints=("Blank names",), needs=STANDS)
def test_blank_name_greeted(suite: Suite) -> None:
    """Your tests fail when a blank name is greeted."""
    suite.must_catch()
