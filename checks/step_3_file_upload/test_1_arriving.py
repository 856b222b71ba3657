"""Task 3.1: a file arrives."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, File, ImageStore, Request, check
from errors import error_fields, expect_error
from step_2_email_verification.unverified import expect_unverified_refused, unverified_user
from step_3_file_upload.avatars import (
    AVATAR,
    LARGEST,
    MIB,
    expect_not_refused,
    expect_nothing_stored,
    expect_refused_on_the_way,
    upload,
)
from step_3_file_upload.pictures import picture, png_of_size
from users import User

REFUSED = ("large_file_is_refused",)


@check(
    task="3.1",
    points=4,
    hints=(
        "Where is the size of a file compared? A 422 about parsing the body hides an exception in your receive_some.",
        "_check raises the error, and read_file, _limited and UploadRoute all use it.",
        'raise PayloadTooLarge("file_too_large", ...) if size > limit; the form may be a little larger than the file.',
    ),
)
def test_large_file_is_refused(user: User, image_store: ImageStore, random: Random) -> None:
    """A picture of 2 MiB and one byte is refused with 413 file_too_large, and is not stored."""
    answer = upload(user, png_of_size(random, LARGEST + 1))
    expect_error(answer, 413, code="file_too_large", key="large_file_accepted")
    expect_nothing_stored(image_store, answer)


@check(
    task="3.1",
    points=3,
    hints=(
        "Which is the largest file that is allowed, and how large is the request that brings it?",
        "A form adds a few hundred bytes to its file: two limits, not one.",
        "Compare with `>`; LARGEST_FORM is for the body of the request, LARGEST_FILE for what the file holds.",
    ),
    needs=REFUSED,
)
def test_two_mebibytes_are_not_too_large(user: User, random: Random) -> None:
    """A picture of exactly 2 MiB is allowed."""
    expect_not_refused(upload(user, png_of_size(random, LARGEST)), key="largest_file_refused")


@check(
    task="3.1",
    points=2,
    hints=(
        "Whose avatar is changed when nobody has logged in?",
        "Another endpoint knows its user already. How does it ask?",
        "The endpoint takes a parameter of a type from app/api/deps.py, which refuses whoever has no valid token.",
    ),
)
def test_who_has_not_logged_in_uploads_nothing(application: Application, user: User, image_store: ImageStore) -> None:
    """An upload without a token, or with a broken one, is refused with 401."""
    for token in (None, user.token[:-8]):
        answer = application.send(Request("POST", AVATAR, files={"file": File(picture())}, token=token))
        expect_error(answer, 401, key="stranger_may_upload")
        answer.expect_header("WWW-Authenticate", key="no_www_authenticate")
        expect_nothing_stored(image_store, answer)


@check(
    task="3.1",
    points=3,
    hints=(
        "Somebody has an account with an address that is not theirs. May they show a picture under it?",
        "Step 2 has a type of user for that.",
        "The endpoint asks for VerifiedUser, not for CurrentUser.",
    ),
)
def test_unverified_user_uploads_nothing(
    application: Application, image_store: ImageStore, environment: Mapping[str, str], random: Random
) -> None:
    """A user whose address is not verified is refused with 403 email_not_verified."""
    unverified = unverified_user(application, environment, random)
    answer = upload(unverified, picture())
    expect_unverified_refused(unverified, answer, key="unverified_user_may_upload")
    expect_nothing_stored(image_store, answer)


@check(
    task="3.1",
    points=2,
    hints=(
        "What if the form has no file, or has it under another name?",
        "The framework refuses it by itself, if the file is declared as something that must be there.",
        "The parameter is `file: UploadFile`, without a default; the error names body.file.",
    ),
)
def test_form_without_the_file_is_refused(user: User) -> None:
    """A form without the field `file` is refused with 422, and the errors name body.file."""
    for files in ({}, {"picture": File(picture())}):
        request = Request("POST", AVATAR, files=files, token=user.token)
        answer = user.application.send(request)
        expect_error(answer, 422, key="missing_file_accepted")
        if "body.file" not in error_fields(answer):
            raise answer.failed("wrong_error_fields", "an error for body.file", str(answer))


@check(
    task="3.1",
    points=2,
    hints=(
        "The client has said how much will come. How much of it do you have to hear to know the answer?",
        "By the time your endpoint begins, the framework has read the whole form. Something has to happen before.",
        "UploadRoute wraps the request before the form is read: let it look at Content-Length.",
    ),
    needs=REFUSED,
)
def test_announced_size_is_refused_at_once(user: User) -> None:
    """A file of 8 MiB is refused with 413 file_too_large though the client stops sending after 3 MiB."""
    expect_refused_on_the_way(user, File(bytes(8 * MIB), "me.png"), stops_after=3 * MIB)
