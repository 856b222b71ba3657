"""Task 8.2: the same demands with other data."""

from random import Random

from courseware.checking import Application, check
from errors import expect_error
from step_8_homework.accounts import (
    Member,
    changing,
    deleting,
    expect_password,
    expect_session_ended,
    new_password,
)


@check(
    task="8.2",
    points=1,
    hints=(
        "A user changes the password, logs in, and deletes the account. Which password confirms which request?",
        "Only the password of the row confirms, never an earlier one.",
        "Compare with user.password_hash, which the request has just read.",
    ),
    needs=("password_is_changed", "account_is_deleted", "change_ends_all_sessions"),
)
def test_old_password_confirms_nothing(application: Application, random: Random, ann: Member) -> None:
    """After a change, the old password confirms neither another change nor a deletion: 403. The new one does."""
    new = new_password(random)
    application.send(changing(ann, ann.account.password, new)).expect_success(204, key="not_changed")
    tokens = expect_password(application, ann.with_password(new), key="new_password_refused")
    now = Member(application, ann.with_password(new), ann.id, tokens)
    for request in (changing(now, ann.account.password, new_password(random)), deleting(now, ann.account.password)):
        expect_error(application.send(request), 403, code="bad_password", key="old_password_accepted")
    application.send(deleting(now, new)).expect_success(204, key="not_deleted")
    expect_session_ended(application, tokens, key="session_goes_on")
