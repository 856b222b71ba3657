"""Task 3.4: the edges."""

import time

from courseware.checking import FaultMode, ImageStore, check, expect
from errors import expect_error
from step_3_file_upload.avatars import SHORT_TIMEOUT, expect_avatar_in_me, upload, upload_of
from step_3_file_upload.pictures import KINDS, picture
from users import User

SHORTEST = 1.4
"""Seconds: a third less than the setting, because no clock is exact."""


@check(
    task="3.4",
    points=1,
    hints=(
        "A user without an avatar has none after a failure. What does GET /users/me answer?",
        "A URL of an image that was never stored shows no image.",
        "Set avatar_url after the store has answered, never before; and roll back if anything fails in between.",
    ),
    needs=("refusal_is_told_as_502",),
)
def test_failed_first_upload_leaves_no_avatar(newcomer: User, image_store: ImageStore) -> None:
    """A first upload that fails leaves avatar_url null, for every format."""
    for kind, mode in zip(KINDS, (FaultMode.REFUSES, FaultMode.DROPS) * 2, strict=True):
        image_store.set_fault(mode)
        answer = upload(newcomer, picture(kind), kind)
        expect_error(answer, 502, code="upload_failed", key="failure_not_told")
        expect_avatar_in_me(newcomer, None, key="avatar_without_a_picture")


@check(
    task="3.4",
    points=1,
    hints=(
        "Which setting decides how long the application waits for the store?",
        "Another environment may need another timeout. A number in the code cannot be configured.",
        "Use settings.cloudinary_timeout in the call of the SDK and in asyncio.timeout(...).",
    ),
    needs=("stalling_store_is_given_up",),
    environment=SHORT_TIMEOUT,
)
def test_timeout_is_the_one_of_the_settings(newcomer: User, image_store: ImageStore) -> None:
    """With CLOUDINARY_TIMEOUT=2 an upload waits for at least 1.4 s."""
    image_store.set_fault(FaultMode.STALLS)
    request = upload_of(newcomer, picture())
    began = time.monotonic()
    answer = newcomer.application.send(request)
    waited = time.monotonic() - began
    expect_error(answer, 502, code="upload_failed", key="failure_not_told")
    got = f"an answer after {waited:.1f} s"
    expect(waited > SHORTEST, "given_up_too_early", asked=str(request), expected=f"none before {SHORTEST:g} s", got=got)
