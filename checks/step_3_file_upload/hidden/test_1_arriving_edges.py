"""Task 3.1 with other data."""

from dataclasses import replace
from random import Random

from courseware.checking import File, ImageStore, check
from errors import expect_error
from step_3_file_upload.avatars import (
    LARGEST,
    MIB,
    expect_not_refused,
    expect_nothing_stored,
    expect_refused_on_the_way,
    upload_of,
)
from step_3_file_upload.pictures import png_of_size
from users import User


@check(
    task="3.1",
    points=1,
    hints=(
        "Try files a little above the limit and far above it, in one piece and in chunks.",
        "The limit is the same with and without Content-Length.",
        "Two limits: LARGEST_FORM while the body arrives, LARGEST_FILE for the file that was in it.",
    ),
    needs=("announced_size_is_refused_at_once", "unannounced_size_is_refused_on_the_way"),
)
def test_other_sizes_are_refused(user: User, image_store: ImageStore, random: Random) -> None:
    """A file that is too large is refused in one piece and in chunks. A file of 2 MiB in chunks is accepted."""
    for size, chunked in ((LARGEST + 2, True), (LARGEST + 70_000, False), (LARGEST + MIB, False)):
        content = png_of_size(random, size)
        request = replace(upload_of(user, content), chunked=chunked)
        answer = user.application.send(request)
        expect_error(answer, 413, code="file_too_large", key="large_file_accepted")
        expect_nothing_stored(image_store, answer)
    largest = replace(upload_of(user, png_of_size(random, LARGEST)), chunked=True)
    expect_not_refused(user.application.send(largest), key="largest_file_refused")
    expect_refused_on_the_way(user, File(bytes(30 * MIB), "x.gif", "image/gif"), stops_after=3 * MIB + 70_000)
