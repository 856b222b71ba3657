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
        "Where does your code compare the size? A 422 about parsing the body hides an exception in receive_some.",
        "_check raises the error, and read_file, _limited and UploadRoute all use it.",
        'raise PayloadTooLarge("file_too_large", ...) if size > limit; the form may be a little larger than the file.',
    ),
)
def test_large_file_is_refused(user: User, image_store: ImageStore, random: Random) -> None:
    """An image of 2 MiB and one byte is refused with 413 file_too_large, and is not stored."""
    answer = upload(user, png_of_size(random, LARGEST + 1))
    expect_error(answer, 413, code="file_too_large", key="large_file_accepted")
    expect_nothing_stored(image_store, answer)


@check(
    task="3.1",
    points=3,
    hints=(
        "What is the size of the largest allowed file, and of the request that contains it?",
        "A form adds a few hundred bytes to its file: two limits, not one.",
        "Compare with `>`. LARGEST_FORM is the limit of the body, LARGEST_FILE the limit of the file.",
    ),
    needs=REFUSED,
)
def test_two_mebibytes_are_not_too_large(user: User, random: Random) -> None:
    """An image of exactly 2 MiB is accepted."""
    expect_not_refused(upload(user, png_of_size(random, LARGEST)), key="largest_file_refused")


@check(
    task="3.1",
    points=2,
    hints=(
        "Whose avatar does a request without a token change?",
        "Other endpoints know their user. Which parameter do they have?",
        "Give the endpoint a parameter of a type from app/api/deps.py. It refuses requests without a valid token.",
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
        "A user has registered with an address of another person. May this user upload an avatar?",
        "Step 2 added a dependency for users with a verified address.",
        "Use VerifiedUser in place of CurrentUser.",
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
        "FastAPI refuses the request if the file is declared as required.",
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
        "The client has announced the size. How many bytes does your code have to read before it answers?",
        "FastAPI reads the whole form before it calls your endpoint. Check the size before that.",
        "UploadRoute wraps the request before the form is read. Check Content-Length there.",
    ),
    needs=REFUSED,
)
def test_announced_size_is_refused_at_once(user: User) -> None:
    """A file of 8 MiB is refused with 413 file_too_large though the client stops sending after 3 MiB."""
    expect_refused_on_the_way(user, File(bytes(8 * MIB), "me.png"), stops_after=3 * MIB)
