"""Task 6.4: bugs that messages and avatars should catch, which students do not see."""

from courseware.checking import Suite, check

STANDS = ("tests_are_collected", "tests_end_in_time")


@check(
    task="6.4",
    points=3,
    hints=(
        "Avatars that cannot be uploaded: what the client is told.",
        "An upload that raises `BadGateway`, and the answer to the client.",
        "Assert the status 502 and the code `upload_failed`.",
    ),
    needs=STANDS,
)
def test_failed_upload_is_ignored(suite: Suite) -> None:
    """Your tests fail when a failed upload is answered as a success."""
    suite.must_catch()
