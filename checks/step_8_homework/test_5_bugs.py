"""Task 8.5: bugs of the homework that its tests should catch."""

from courseware.checking import Suite, check

STANDS = ("contract_tests_are_collected", "contract_tests_end_in_time")


@check(
    task="8.5",
    points=1,
    hints=(
        "Deleting a contact: answers that were stored before.",
        "Read the birthdays, delete the contact, and read the birthdays again.",
        "Read the list before the deletion too, so that it is cached, and assert that it is empty afterwards.",
    ),
    needs=STANDS,
)
def test_deleted_contact_stays_in_the_list(suite: Suite) -> None:
    """Your tests fail when a deleted contact stays in the cached birthdays."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Deleting a contact: who may do it.",
        "Two users. One of them deletes the contact of the other one.",
        "Assert 404, and then that the owner still reads the contact with 200.",
    ),
    needs=STANDS,
)
def test_everyone_deletes_a_contact(suite: Suite) -> None:
    """Your tests fail when a user can delete the contact of another one."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Password reset: how often a token works.",
        "Confirm twice with the same token and with two passwords.",
        "Assert that the second answer is 400, with the code invalid_token.",
    ),
    needs=STANDS,
)
def test_reset_token_works_again(suite: Suite) -> None:
    """Your tests fail when a reset token works twice."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Password reset: what a request tells about an address.",
        "Request a token for an address that no account has.",
        "Assert 202, and the same JSON as for a known address.",
    ),
    needs=STANDS,
)
def test_reset_tells_who_has_an_account(suite: Suite) -> None:
    """Your tests fail when a request tells whether an address has an account."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Password reset: what happens after the answer 200.",
        "A login with the new password, and one with the old password.",
        "Assert 200 for the new password and 401 for the old one.",
    ),
    needs=STANDS,
)
def test_reset_stores_nothing(suite: Suite) -> None:
    """Your tests fail when a confirmation answers 200 and stores no password."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Password reset: tokens from before.",
        "Log in, reset the password, and send a request with the old access token.",
        "Assert 401 for GET /users/me with person.headers of the old login.",
    ),
    needs=STANDS,
)
def test_reset_leaves_sessions_open(suite: Suite) -> None:
    """Your tests fail when a session goes on after a reset."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Roles: who may see all users.",
        "GET /admin/users of a user who is no admin.",
        "Assert 403 and the code admins_only.",
    ),
    needs=STANDS,
)
def test_everyone_sees_all_users(suite: Suite) -> None:
    """Your tests fail when every user can list all users."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Roles: the tokens of a closed account.",
        "A user is logged in, and an admin closes the account. Then the user sends a request.",
        "Assert 401 for GET /users/me with the headers from before.",
    ),
    needs=STANDS,
)
def test_closed_account_goes_on(suite: Suite) -> None:
    """Your tests fail when a closed account goes on with its access token."""
    suite.must_catch()


@check(
    task="8.5",
    points=1,
    hints=(
        "Roles: the account of the admin.",
        "An admin sends is_active: false for the own id.",
        "Assert 409 and the code own_account.",
    ),
    needs=STANDS,
)
def test_admin_locks_the_door(suite: Suite) -> None:
    """Your tests fail when an admin can close the own account."""
    suite.must_catch()
