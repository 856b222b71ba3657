"""The suite stands."""

from courseware.checking import Suite, check

STANDS = ("has_tests", "ends_in_time")


@check(task="3.1", points=0.5, hints=("Write a test.",))
def test_has_tests(suite: Suite) -> None:
    """There are tests."""
    suite.must_have_tests()


@check(task="3.1", points=0.5, hints=("Does a test wait for ever?",), needs=("has_tests",))
def test_ends_in_time(suite: Suite) -> None:
    """The tests end."""
    suite.must_end_in_time()


@check(task="3.1", points=0.5, hints=("Do not check sentences.",), needs=STANDS)
def test_passes_everywhere(suite: Suite) -> None:
    """The tests pass on every correct application."""
    suite.must_pass_everywhere()


@check(task="3.1", points=0.5, hints=("Does a test use what another left?",), needs=STANDS)
def test_passes_shuffled(suite: Suite) -> None:
    """The tests pass in every order."""
    suite.must_pass_shuffled()


@check(task="3.1", points=0.5, hints=("Does a test know today's date?",), needs=STANDS)
def test_passes_on_other_dates(suite: Suite) -> None:
    """The tests pass on every date."""
    suite.must_pass_on_other_dates()


@check(task="3.1", points=0.5, hints=("Does a test depend on chance?",), needs=STANDS)
def test_is_stable(suite: Suite) -> None:
    """The tests have the same results on every run."""
    suite.must_not_be_unstable()


@check(task="3.1", points=0.25, hints=("Run each file alone.",), needs=STANDS)
def test_passes_alone(suite: Suite) -> None:
    """Each file of tests passes alone."""
    suite.must_pass_each_file_alone()


@check(task="3.1", points=0.25, hints=("Use tmp_path.",), needs=STANDS)
def test_leaves_nothing(suite: Suite) -> None:
    """The tests leave no files."""
    suite.must_leave_nothing_behind()


@check(task="3.1", points=0.5, hints=("Import what the text lists.",), needs=STANDS)
def test_imports_what_is_listed(suite: Suite) -> None:
    """The tests import what the text lists."""
    suite.must_import_only(("app.main.create_app", "app.web.Application", "app.clock"))
