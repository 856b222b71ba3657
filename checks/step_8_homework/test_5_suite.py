"""Task 8.5: the tests of the homework pass on every correct application."""

from courseware.checking import Suite, check

LEAST_TESTS = 6
STANDS = ("contract_tests_are_collected", "contract_tests_end_in_time")
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
    "app.core.database.get_sessions",
    "app.core.rate_limit.RateLimits",
    "app.core.redis.RedisClient",
    "app.core.security.Purpose",
    "app.core.security.create_token",
    "app.core.security.hash_password",
    "app.main.create_app",
    "app.models.Contact",
    "app.models.User",
    "app.services.email.Mailer",
    "app.services.sessions.LoginSessions",
)
"""What tests may import of the application: the notebook lists these names."""


@check(
    task="8.5",
    points=1,
    hints=(
        "Run `pytest tests/contract` and read its last line. How many tests are there?",
        "The three files begin with a TODO. A function is a test if its name begins with test_.",
        "Write at least 6 tests. They ask for fixtures of tests/contract/conftest.py by name.",
    ),
)
def test_contract_tests_are_collected(suite: Suite) -> None:
    """pytest collects at least 6 tests in tests/contract, and no error."""
    suite.must_have_tests(LEAST_TESTS)


@check(
    task="8.5",
    points=1,
    hints=(
        "Run `pytest tests/contract --durations=5`. What does the slowest test wait for?",
        "The fixtures keep everything in memory. So no test has to sleep, or to wait for a server.",
        "Await each coroutine that you start. `mailed_tokens` already waits for messages on their way.",
    ),
    needs=("contract_tests_are_collected",),
)
def test_contract_tests_end_in_time(suite: Suite) -> None:
    """A run of all tests in tests/contract ends by itself within 30 s."""
    suite.must_end_in_time()


@check(
    task="8.5",
    points=2,
    hints=(
        "Read which tests fail, and what each of them compares. Does the notebook promise this?",
        "Sentences, ids and the order of keys are open, also in the answers of the homework.",
        "Compare status codes and codes. Take ids from `person.id` and from answers.",
    ),
    needs=STANDS,
)
def test_contract_tests_pass_on_correct_applications(suite: Suite) -> None:
    """Every test in tests/contract passes on every correct application."""
    suite.must_pass_everywhere()


@check(
    task="8.5",
    points=1,
    hints=(
        "Run the failing test alone. Which test before it has left something?",
        "A variable of a module, a changed setting or an override stays after a test.",
        "Let each test make its users with `people`, and keep nothing in the module.",
    ),
    needs=STANDS,
)
def test_contract_tests_pass_in_every_order(suite: Suite) -> None:
    """Every test in tests/contract passes in whatever order they run."""
    suite.must_pass_shuffled()


@check(
    task="8.5",
    points=1,
    hints=(
        "Run `pytest` with the path of each file of tests/contract in turn.",
        "A test relies on what a test of another file has prepared or imported.",
        "Move what several files share to tests/contract/conftest.py.",
    ),
    needs=STANDS,
)
def test_each_contract_file_passes_alone(suite: Suite) -> None:
    """Every test in tests/contract passes when pytest runs only its file."""
    suite.must_pass_each_file_alone()


@check(
    task="8.5",
    points=1,
    hints=(
        "Which birthday has the contact of your test on 29 February, and on 31 December?",
        "clock.today() is another day each time. Not every day exists in every year.",
        "Make the birthday from clock.today() with a leap year: replace(year=1992).",
    ),
    needs=STANDS,
)
def test_contract_tests_pass_on_every_date(suite: Suite) -> None:
    """Every test in tests/contract passes on any date, also on 28 December, 28 February and 29 February."""
    suite.must_pass_on_other_dates()


@check(
    task="8.5",
    points=1,
    hints=(
        "The message shows each import that is not in the list of the notebook.",
        "Such a name belongs to our way to write the homework. Another correct application may not have it.",
        "Test it over HTTP. For tokens, Purpose and create_token are in the list.",
    ),
    needs=STANDS,
)
def test_contract_tests_import_listed_names(suite: Suite) -> None:
    """From `app`, the tests in tests/contract import only the names that the notebook lists."""
    suite.must_import_only(NAMES)
