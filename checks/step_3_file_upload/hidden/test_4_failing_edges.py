"""Task 3.4 with other data."""

from courseware.checking import FaultMode, ImageStore, check
from errors import expect_error
from step_3_file_upload.avatars import expect_avatar_in_me, expect_shown, upload, uploaded
from step_3_file_upload.pictures import COLORS, KINDS, picture
from users import User


@check(
    task="3.4",
    points=1,
    hints=(
        "Let the store fail for images of every format. Which avatar does the user have afterwards?",
        "A failure changes nothing, for every format and every previous avatar.",
        "Set avatar_url after the store has answered with success, then commit.",
    ),
    needs=("picture_is_stored",),
)
def test_failures_change_nothing(newcomer: User, image_store: ImageStore) -> None:
    """After failures with images of every format, the avatar and its image are unchanged."""
    old = uploaded(newcomer, COLORS[2], kind="WEBP")
    for kind, mode in zip(KINDS, (FaultMode.DROPS, FaultMode.REFUSES) * 2, strict=True):
        image_store.set_fault(mode)
        answer = upload(newcomer, picture(kind, color=COLORS[3]), kind)
        expect_error(answer, 502, code="upload_failed", key="failure_not_told")
    image_store.set_fault(FaultMode.NONE)
    expect_avatar_in_me(newcomer, old, key="old_avatar_lost")
    expect_shown(image_store, old, COLORS[2], asked=f"GET {old}", key="old_picture_lost")
