"""Task 3.1: the edges."""

from courseware.checking import File, check
from step_3_file_upload.avatars import MIB, expect_refused_on_the_way
from users import User


@check(
    task="3.1",
    points=1,
    hints=(
        "Which request has no Content-Length?",
        "A body can arrive in chunks, without an announced size. Count the bytes while they arrive.",
        "_limited adds up the length of each part from receive(), and raises as soon as the sum is too large.",
    ),
    needs=("large_file_is_refused",),
)
def test_unannounced_size_is_refused_on_the_way(user: User) -> None:
    """A file in chunks, without Content-Length, is refused with 413 as soon as it is too large."""
    file = File(bytes(5 * MIB), "holiday.webp", "image/webp")
    expect_refused_on_the_way(user, file, stops_after=4 * MIB, chunked=True)
