"""Task 3.2 with other files that are no pictures, and the largest that is one."""

from random import Random

from courseware.checking import ImageStore, check
from step_3_file_upload.avatars import expect_not_a_picture, upload
from step_3_file_upload.pictures import KINDS, noise, saved
from users import User

REFUSED = ("text_is_refused_whatever_it_is_called",)


@check(
    task="3.2",
    points=1,
    hints=(
        "An image can be cut off at any place, also near its end.",
        "It is not enough to read the header. Decode all pixels.",
        "Leave ImageFile.LOAD_TRUNCATED_IMAGES alone, and let load() or save() read all pixels of every format.",
    ),
    needs=REFUSED,
)
def test_pictures_may_be_cut_anywhere(user: User, image_store: ImageStore, random: Random) -> None:
    """An image that was cut off after its header, or after nine tenths, is refused with 422."""
    for kind in KINDS:
        whole = saved(noise(random, (random.randrange(100, 140), 100)), kind)
        for part in (0.05, 0.9):
            answer = upload(user, whole[: round(len(whole) * part)], kind)
            expect_not_a_picture(image_store, answer, key="truncated_picture_accepted")
