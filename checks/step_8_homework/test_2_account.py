"""Task 8.2: a user changes the password, and deletes the account."""

from random import Random

from courseware.checking import Answer, Application, CheckFailed, ImageStore, Request, check
from errors import error_fields, expect_error
from step_1_contacts_crud.contacts import valid_contact
from step_3_file_upload.avatars import uploaded
from step_8_homework.accounts import (
    Member,
    changing,
    deleting,
    expect_no_password,
    expect_password,
    expect_session_ended,
    expect_session_goes_on,
    new_password,
)
from users import User, me

CHANGED = ("password_is_changed",)
DELETED = ("account_is_deleted",)
COLOR = (200, 30, 60)


def expect_picture_gone(store: ImageStore, address: str) -> None:
    """Fails the check while the store still shows the picture."""
    try:
        store.shown_at(address, asked="the avatar of a deleted account")
    except CheckFailed:
        return
    raise CheckFailed("avatar_left", asked=f"the avatar {address}", expected="no picture", got="a picture")


@check(
    task="8.2",
    points=3,
    hints=(
        "Change your password, log out, and log in with both.",
        "The current password is compared with the hash in the row. Only then is the new one hashed and stored.",
        "password_matches(current_password, user.password_hash), hash_password(password), UPDATE, commit.",
    ),
)
def test_password_is_changed(application: Application, random: Random, ann: Member) -> None:
    """With the current password, a change answers 204. The new password logs in, and the old one does not."""
    new = new_password(random)
    application.send(changing(ann, ann.account.password, new)).expect_success(204, key="not_changed")
    expect_no_password(application, ann.account, key="old_password_works")
    expect_password(application, ann.with_password(new), key="new_password_refused")


@check(
    task="8.2",
    points=2,
    hints=(
        "You leave your computer alone for a minute. What can a passer-by do to your account?",
        "An access token is not enough for this request.",
        'raise Forbidden("bad_password", ...) unless password_matches(...).',
    ),
    needs=CHANGED,
)
def test_change_needs_the_password(application: Application, random: Random, ann: Member) -> None:
    """With a wrong current password: 403 bad_password. Nothing changes, and the session goes on."""
    new = new_password(random)
    answer = application.send(changing(ann, new_password(random), new))
    expect_error(answer, 403, code="bad_password", key="wrong_password_accepted")
    expect_session_goes_on(application, ann.tokens, key="session_ended")
    expect_password(application, ann.account, key="password_changed")
    expect_no_password(application, ann.with_password(new), key="password_changed")


@check(
    task="8.2",
    points=3,
    hints=(
        "Log in on two devices, and change the password on one of them.",
        "All tokens from before the change are refused, also that of the request itself.",
        "Nothing is needed here: the fingerprint of the row changes with the hash, and find_by_claims compares it.",
    ),
    needs=CHANGED,
)
def test_change_ends_all_sessions(application: Application, random: Random, ann: Member, bob: Member) -> None:
    """After a change, all access and refresh tokens from before are refused with 401. Other users go on."""
    other = expect_password(application, ann.account, key="cannot_log_in")
    new = new_password(random)
    application.send(changing(ann, ann.account.password, new)).expect_success(204, key="not_changed")
    for tokens in (ann.tokens, other):
        expect_session_ended(application, tokens, key="session_goes_on")
    expect_session_goes_on(application, bob.tokens, key="other_user_ended")


@check(
    task="8.2",
    points=2,
    hints=(
        "Delete your account. Then log in, and register again with the same address. What is in the contact book?",
        "The contacts reference the user with ON DELETE CASCADE, so the database deletes them with the row.",
        "delete(User).where(User.id == user.id), then commit. The router forgets the cached birthdays.",
    ),
)
def test_account_is_deleted(application: Application, random: Random, ann: Member, bob: Member) -> None:
    """With the password, a deletion answers 204. Login and tokens are refused, and the address is free again."""
    book = User(application, ann.account.email, ann.token)
    contact = book.created(valid_contact(random))
    application.send(deleting(ann, ann.account.password)).expect_success(204, key="not_deleted")
    expect_no_password(application, ann.account, key="account_left")
    expect_session_ended(application, ann.tokens, key="session_goes_on")
    again: Answer = application.send(ann.account.registration).expect_status(201, key="address_not_free")
    again.identifier("id")
    expect_session_goes_on(application, bob.tokens, key="other_user_ended")
    foreign = User(application, bob.account.email, bob.token).read(contact["id"])
    expect_error(foreign, 404, key="contact_left")


@check(
    task="8.2",
    points=1,
    hints=(
        "Try to delete an account with another password, and without one.",
        "Deleting cannot be undone. So it is confirmed like a change of the password.",
        "The same comparison as in change_password, before anything is deleted.",
    ),
    needs=DELETED,
)
def test_deletion_needs_the_password(application: Application, random: Random, ann: Member) -> None:
    """With a wrong password: 403 bad_password. Without one: 422. The account stays."""
    answer = application.send(deleting(ann, new_password(random)))
    expect_error(answer, 403, code="bad_password", key="wrong_password_accepted")
    missing = application.send(Request("DELETE", "/api/v1/users/me", json={}, token=ann.token))
    expect_error(missing, 422, key="missing_password_accepted")
    error_fields(missing)
    me(application, ann.token).expect_status(200, key="account_deleted")


@check(
    task="8.2",
    points=2,
    hints=(
        "Upload an avatar, delete the account, and open the address of the avatar.",
        "The picture is at Cloudinary, and no row leads to it any more. Who deletes it?",
        "await delete_avatar(user.id) of cloudinary_service, before the row is deleted.",
    ),
    needs=DELETED,
)
def test_avatar_goes_with_the_account(application: Application, image_store: ImageStore, ann: Member) -> None:
    """The avatar of a deleted account is deleted from the image store."""
    address = uploaded(User(application, ann.account.email, ann.token), COLOR)
    image_store.shown_at(address, asked="the avatar before the deletion", key="no_avatar")
    application.send(deleting(ann, ann.account.password)).expect_success(204, key="not_deleted")
    expect_picture_gone(image_store, address)
