"""Task 3.2: the edges."""

from courseware.checking import File, ImageStore, check
from step_3_file_upload.avatars import expect_not_a_picture, expect_not_refused, sending, upload
from step_3_file_upload.pictures import COLORS, PNG_SIGNATURE, gray, picture, png_of
from users import User

REFUSED = ("text_is_refused_whatever_it_is_called",)


@check(
    task="3.2",
    points=1,
    hints=(
        "A file may begin like a picture and go on like a program.",
        "A signature is six or eight bytes; whoever knows them can write them. What is behind them?",
        "Decode every file: a file that is no image after its signature cannot be decoded.",
    ),
    needs=REFUSED,
)
def test_programs_are_no_pictures(user: User, image_store: ImageStore) -> None:
    """A program with the signature of a picture, and a drawing that is a program, are refused with 422."""
    for file in (
        File(b"GIF89a<?php system($_GET['c']); ?>", "me.gif", "image/gif"),
        File(PNG_SIGNATURE + b"#!/bin/sh\nreboot\n", "me.png", "image/png"),
        File(b"RIFF\x40\0\0\0WEBP<script>alert(1)</script>", "me.webp", "image/webp"),
        File(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "me.svg", "image/svg+xml"),
        File(picture("TIFF"), "me.jpg", "image/jpeg"),
    ):
        answer = user.application.send(sending(user, file))
        expect_not_a_picture(image_store, answer, key="program_accepted")


@check(
    task="3.2",
    points=1,
    hints=(
        "How large may a picture be at most, and is that too large?",
        "Pillow has a limit of its own, which is higher than ours; beyond it, it raises an error of another kind.",
        "Refuse more than MOST_PIXELS and take exactly that many; catch Image.DecompressionBombError as well.",
    ),
    needs=("picture_bomb_is_refused",),
)
def test_sixteen_megapixels_are_the_limit(user: User, image_store: ImageStore) -> None:
    """A picture of exactly 16 megapixels is not refused; larger ones are, also where they only say that they are."""
    for size in ((4001, 4000), (30_000, 30_000)):
        expect_not_a_picture(image_store, upload(user, png_of(*size)), key="bomb_accepted")
    for kind, content in (
        ("WEBP", gray("WEBP", (4001, 4000), lossless=True, quality=0, method=0)),
        ("GIF", gray("GIF", (1601, 10_000))),
    ):
        expect_not_a_picture(image_store, upload(user, content, kind), key="bomb_accepted")
    largest = picture("JPEG", (4000, 4000), COLORS[3], quality=30)
    expect_not_refused(upload(user, largest, "JPEG"), key="largest_picture_refused")
