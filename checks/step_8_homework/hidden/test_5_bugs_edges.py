"""Task 8.5: bugs of the homework that its tests should catch, which students do not see."""

from courseware.checking import Suite, check

STANDS = ("contract_tests_are_collected", "contract_tests_end_in_time")


@check(
    task="8.5",
    points=1,
    hints=(
        "Deleting a contact: what the answer says.",
        "Delete the same contact twice, and compare the two status codes.",
        "Assert 204 for the first request, and 404 for the second one.",
    ),
    needs=STANDS,
)
def test_second_delete_succeeds(suite: Suite) -> None:
    """Your tests fail when a missing contact is deleted with success."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Password reset: which tokens are accepted.",
        "A token for a verification, from create_token with Purpose.EMAIL_VERIFY and the address, in a confirmation.",
        "Assert 400, and that the old password still logs in.",
    ),
    needs=STANDS,
)
def test_verification_token_resets(suite: Suite) -> None:
    """Your tests fail when a verification token sets a password."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Roles: the login of a closed account.",
        "An admin closes an account, and its user logs in with the right password.",
        "Assert 403 and the code account_deactivated.",
    ),
    needs=STANDS,
)
def test_closed_account_logs_in(suite: Suite) -> None:
    """Your tests fail when a closed account can log in."""
    suite.must_catch()
