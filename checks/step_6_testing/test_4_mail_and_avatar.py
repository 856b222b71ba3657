"""Task 6.4: bugs that messages and avatars should catch."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.4",
    points=3,
    hints=(
        "The table of task 6.4 says how many messages a registration sends. Which of your tests counts them?",
        "One registration, with an `AsyncMock` in the place of the method that sends.",
        "Wait for the tasks of the mailer, and assert that the mock was awaited once: not only that it was awaited.",
    ),
    needs=STANDS,
)
def test_message_is_sent_twice(suite: Suite) -> None:
    """Your tests fail when registering sends two messages."""
    suite.must_catch()


@check(
    task="6.4",
    points=3,
    hints=(
        "The table of task 6.4 says who gets a new verification message. Which accounts do your tests use?",
        "`POST /auth/resend-verification` for an account that is not verified, and for one that is.",
        "Assert that the first request sends a message to its address, and the second one sends none.",
    ),
    needs=STANDS,
)
def test_resend_reaches_the_wrong_accounts(suite: Suite) -> None:
    """Your tests fail when a second message is sent to the wrong accounts."""
    suite.must_catch()


@check(
    task="6.4",
    points=3,
    hints=(
        "The table of task 6.4 has a row about a login before the verification. Which of your tests covers it?",
        "A login with the right password, before the link was opened.",
        "Assert the status 403 and the code `email_not_verified`.",
    ),
    needs=STANDS,
)
def test_unverified_user_logs_in(suite: Suite) -> None:
    """Your tests fail when a user logs in before the verification."""
    suite.must_catch()


@check(
    task="6.4",
    points=3,
    hints=(
        "The table of task 6.4 has a row about an upload that fails. What do your tests read afterwards?",
        "An upload that fails: `side_effect=BadGateway(...)` of the mock.",
        "After the failed upload, read `GET /users/me` and assert that `avatar_url` is what it was before.",
    ),
    needs=STANDS,
)
def test_avatar_is_stored_before_the_upload(suite: Suite) -> None:
    """Your tests fail when the URL of an avatar is stored before the upload."""
    suite.must_catch()
