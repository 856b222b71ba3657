"""What the checks of avatars share: uploading one, and looking at what is shown afterwards."""

from typing import TYPE_CHECKING

from courseware.checking import Answer, File, ImageStore, Request, expect
from errors import expect_error
from step_3_file_upload.pictures import EXTENSIONS, Color, color_of, is_like, opened, picture
from users import ME, User, me

if TYPE_CHECKING:
    from courseware.services.image_store.transformation import Rendered

AVATAR = f"{ME}/avatar"
MIB = 1024 * 1024
LARGEST = 2 * MIB
SHORT_TIMEOUT = {"CLOUDINARY_TIMEOUT": "2"}
"""Seconds, for checks in which the store does not answer. The course's own setting is long: a machine may be busy."""
SIDE = 200
"""Pixels: an avatar is shown as a square of this side."""


def upload_of(user: User, content: bytes, kind: str = "PNG") -> Request:
    """The request that uploads this file under an ordinary name."""
    return sending(user, File(content, f"me.{EXTENSIONS[kind]}", f"image/{kind.lower()}"))


def sending(user: User, file: File) -> Request:
    """The request that uploads a file under whatever name and type it says it has."""
    return Request("POST", AVATAR, files={"file": file}, token=user.token)


def upload(user: User, content: bytes, kind: str = "PNG") -> Answer:
    return user.application.send(upload_of(user, content, kind))


def uploaded(user: User, color: Color, *, kind: str = "PNG") -> str:
    """Uploads a picture of this color, which must work; the address of the avatar."""
    answer = upload(user, picture(kind, color=color), kind).expect_status(200, key="picture_refused")
    return answer.typed(str, "avatar_url", key="no_avatar_url")


def profile(user: User) -> Answer:
    return me(user.application, user.token).expect_status(200, key="me_does_not_work")


def expect_avatar_in_me(user: User, address: str | None, *, key: str) -> None:
    """Fails the check unless /users/me shows this avatar; None: none."""
    profile(user).expect_value("avatar_url", equals=address, key=key)


def expect_not_refused(answer: Answer, *, key: str) -> None:
    """Fails the check unless the file was let through to the store, which may fail, or wait for a later task."""
    waits_for_a_later_task = answer.status == 500 and "NotImplementedError" in answer.error
    if answer.status not in (200, 502) and not waits_for_a_later_task:
        raise answer.failed(key, "200", str(answer))


def expect_refused_on_the_way(user: User, file: File, *, stops_after: int, chunked: bool = False) -> None:
    """Sends a part of a file that is too large; fails the check unless it is refused while the rest is not sent."""
    files = {"file": file}
    request = Request("POST", AVATAR, files=files, token=user.token, stops_after=stops_after, chunked=chunked)
    with user.application.sending(request) as sent:
        expect(
            sent.is_answered(),
            "waits_for_the_rest",
            asked=str(request),
            expected="an answer without the rest",
            got="none",
        )
        expect_error(sent.answer(), 413, code="file_too_large", key="large_file_accepted")


def expect_not_a_picture(image_store: ImageStore, answer: Answer, *, key: str) -> None:
    """Fails the check unless the file was refused as none of the pictures that we take, before it was stored."""
    expect_error(answer, 422, code="unsupported_image", key=key)
    expect_nothing_stored(image_store, answer)


def expect_nothing_stored(image_store: ImageStore, answer: Answer) -> None:
    """Fails the check when anything has reached the store."""
    got = f"{len(image_store.uploads)} uploads"
    asked = str(answer.request)
    expect(not image_store.uploads, "refused_file_stored", asked=asked, expected="nothing in the store", got=got)


def expect_shown(image_store: ImageStore, address: str, color: Color, *, asked: str, key: str) -> "Rendered":
    """What is shown at an avatar's address; fails the check unless it is a picture of this color."""
    shown = image_store.shown_at(address, asked=asked)
    got = color_of(opened(shown.content, asked=asked))
    expect(
        is_like(got, color),
        key,
        asked=asked,
        expected=f"the image that was uploaded, of the color {color} (RGB)",
        got=f"the color {got}",
    )
    return shown
