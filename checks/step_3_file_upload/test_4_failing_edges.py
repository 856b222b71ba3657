"""Task 3.4: the edges."""

from courseware.checking import FaultMode, ImageStore, check
from errors import expect_error
from step_3_file_upload.avatars import expect_avatar_in_me, upload
from step_3_file_upload.pictures import KINDS, picture
from users import User


@check(
    task="3.4",
    points=1,
    hints=(
        "Whoever had no avatar before has none after a failure. Does the answer of /users/me say so?",
        "An address for a picture that was never stored shows nothing.",
        "Set avatar_url after the store has answered, never before; and roll back if anything fails in between.",
    ),
    needs=("refusal_is_told_as_502",),
)
def test_failed_first_upload_leaves_no_avatar(newcomer: User, image_store: ImageStore) -> None:
    """A first upload that fails leaves avatar_url null, whatever kind of picture it was."""
    for kind, mode in zip(KINDS, (FaultMode.REFUSES, FaultMode.DROPS) * 2, strict=True):
        image_store.set_fault(mode)
        answer = upload(newcomer, picture(kind), kind)
        expect_error(answer, 502, code="upload_failed", key="failure_not_told")
        expect_avatar_in_me(newcomer, None, key="avatar_without_a_picture")
