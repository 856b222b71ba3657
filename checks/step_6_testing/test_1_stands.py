"""Task 6.1: the suite passes on every correct application, however it is run."""

from courseware.checking import Suite, check

LEAST_TESTS = 10
STANDS = ("tests_are_collected", "tests_end_in_time")
NAMES = (
    "app.api.deps.get_cache",
    "app.api.deps.get_login_sessions",
    "app.api.deps.get_mailer",
    "app.api.limits.get_rate_limits",
    "app.core.cache.Cache",
    "app.core.clock",
    "app.core.config.Settings",
    "app.core.config.get_settings",
    "app.core.database.Base",
    "app.core.database.create_engine",
    "app.core.database.create_sessions",
    "app.core.database.get_session",
    "app.core.database.get_sessions",
    "app.core.errors.BadGateway",
    "app.core.errors.BadRequest",
    "app.core.errors.Unauthorized",
    "app.core.rate_limit.RateLimits",
    "app.core.redis.Command",
    "app.core.redis.RedisClient",
    "app.core.redis.RedisUnavailable",
    "app.core.redis.Result",
    "app.core.security.Claims",
    "app.core.security.LIFETIMES",
    "app.core.security.Purpose",
    "app.core.security.create_token",
    "app.core.security.hash_password",
    "app.core.security.password_matches",
    "app.core.security.read_mailed_token",
    "app.core.security.read_token",
    "app.main.create_app",
    "app.models.Contact",
    "app.models.User",
    "app.services.avatars",
    "app.services.birthdays.cache_key",
    "app.services.birthdays.next_birthdays",
    "app.services.email.Mailer",
    "app.services.sessions.LoginSessions",
)
"""What tests may import of the application: the lesson lists these names."""


@check(
    task="6.1",
    points=3,
    hints=(
        "Run `pytest` in the folder of the project and read its last line. It counts the tests, and names files that "
        "it cannot import.",
        "pytest collects functions whose names begin with `test_`, in files whose names begin with `test_`. An error "
        "in a file keeps all "
        "its tests from being collected.",
        "Write at least 10 tests; each case of `@pytest.mark.parametrize` counts. Import in the test files what the "
        "lesson lists.",
    ),
)
def test_tests_are_collected(suite: Suite) -> None:
    """pytest collects at least 10 tests, and no error."""
    suite.must_have_tests(LEAST_TESTS)


@check(
    task="6.1",
    points=1,
    hints=(
        "Run `pytest --durations=5`. Which test takes the most time, and what does it wait for?",
        "No test needs to sleep. Move the clock, for example with `time_machine.travel`, and wait for tasks instead of "
        "seconds.",
        "A test that waits for ever may read from a queue that stays empty, or gather tasks that never end. Ctrl-C "
        "shows the line.",
    ),
    needs=("tests_are_collected",),
)
def test_tests_end_in_time(suite: Suite) -> None:
    """A run of all tests ends by itself within 30 s."""
    suite.must_end_in_time()


@check(
    task="6.1",
    points=5,
    hints=(
        "Each of these tests fails on an application that is correct. Read what it compares.",
        "The course fixes status codes, the `code` of an error, and names and values of fields. It fixes neither "
        "sentences nor the values "
        "of ids, further headers, or the order of keys.",
        "Compare `response.json()['code']` in place of the whole body, and take an id from a response in place of "
        "writing it down.",
    ),
    needs=STANDS,
)
def test_tests_pass_on_correct_applications(suite: Suite) -> None:
    """Every test passes on every correct application."""
    suite.must_pass_everywhere()


@check(
    task="6.1",
    points=3,
    hints=(
        "Run the failing test alone, and then its whole file. What did the test before it leave behind?",
        "Two tests share something: a database, a module's variable, a cached setting, or an override of a dependency.",
        "Give each test a new database and a new application: fixtures without `scope=`. Undo what you replace with "
        "`monkeypatch`.",
    ),
    needs=STANDS,
)
def test_tests_pass_in_every_order(suite: Suite) -> None:
    """Every test passes in whatever order they run."""
    suite.must_pass_shuffled()


@check(
    task="6.1",
    points=2,
    hints=(
        "Run `pytest` with the path of each file in turn. What does the failing file expect from another one?",
        "A fixture or a row that another file prepares is missing when this file runs alone.",
        "Move shared fixtures to `tests/conftest.py`, and let each test create the rows that it reads.",
    ),
    needs=STANDS,
)
def test_each_file_passes_alone(suite: Suite) -> None:
    """Every test passes when pytest runs only its file."""
    suite.must_pass_each_file_alone()


@check(
    task="6.1",
    points=3,
    hints=(
        "Would this test pass on New Year's Eve, and on 29 February? The judge runs it on such days.",
        "The application asks the real clock for today. A date that is written down in the test stays the same.",
        "Decide in the test which day it is, for example with `with time_machine.travel(...)`, and write all dates "
        "relative to that day.",
    ),
    needs=STANDS,
)
def test_tests_pass_on_every_date(suite: Suite) -> None:
    """Every test passes on any date, also on 28 December, 28 February and 29 February."""
    suite.must_pass_on_other_dates()


@check(
    task="6.1",
    points=1,
    hints=(
        "Run the failing test ten times. What differs between a run that passes and one that fails?",
        "Chance comes from `random`, from a race between tasks, or from a time limit that a busy machine misses.",
        "Write the data down, and await each task before you compare, for example with "
        "`asyncio.gather(*mailer.on_their_way)`.",
    ),
    needs=STANDS,
)
def test_tests_are_stable(suite: Suite) -> None:
    """Every test has the same result each time."""
    suite.must_not_be_unstable()


@check(
    task="6.1",
    points=1,
    hints=(
        "List the files of the project before and after a run of the tests. Which are new?",
        "Files of databases, of uploads and of logs belong to a folder that pytest removes again.",
        "Take paths from the fixture `tmp_path`, also the path in `DATABASE_URL`.",
    ),
    needs=STANDS,
)
def test_nothing_is_left_behind(suite: Suite) -> None:
    """The tests leave no file in the folder of the project."""
    suite.must_leave_nothing_behind()


@check(
    task="6.1",
    points=1,
    hints=(
        "The message names each import. Compare it with the table in the lesson.",
        "A test that imports a part which is not listed fails as soon as a colleague writes this part in another way.",
        "Test such a part through a function of the table, or over HTTP. Import names with `from ... import ...`.",
    ),
    needs=STANDS,
)
def test_only_listed_names_are_imported(suite: Suite) -> None:
    """From `app`, the tests import only the names in the table of the lesson."""
    suite.must_import_only(NAMES)
