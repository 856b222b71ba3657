"""Task 3.2: the edges."""

from courseware.checking import File, ImageStore, check
from errors import expect_error
from step_3_file_upload.avatars import (
    LARGEST,
    expect_not_a_picture,
    expect_not_refused,
    expect_nothing_stored,
    sending,
    upload,
)
from step_3_file_upload.pictures import COLORS, PNG_SIGNATURE, gray, picture, png_of
from users import User

REFUSED = ("text_is_refused_whatever_it_is_called",)


@check(
    task="3.2",
    points=1,
    hints=(
        "A file can begin like an image and continue with a script.",
        "A signature has six or eight bytes, which every client can write. What follows them?",
        "Decode every file. A file with only the signature of an image cannot be decoded.",
    ),
    needs=REFUSED,
)
def test_programs_are_no_pictures(user: User, image_store: ImageStore) -> None:
    """A script with the signature of an image, and an SVG, are refused with 422."""
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
        "Which number of pixels is allowed, and which is the first that is refused?",
        "Pillow has its own limit, which is higher. Above it, Pillow raises another exception.",
        "Refuse more than MOST_PIXELS and take exactly that many; catch Image.DecompressionBombError as well.",
    ),
    needs=("picture_bomb_is_refused",),
)
def test_sixteen_megapixels_are_the_limit(user: User, image_store: ImageStore) -> None:
    """An image of exactly 16 megapixels is accepted. Larger ones are refused, also if only the header says so."""
    for size in ((4001, 4000), (30_000, 30_000)):
        expect_not_a_picture(image_store, upload(user, png_of(*size)), key="bomb_accepted")
    for kind, content in (
        ("WEBP", gray("WEBP", (4001, 4000), lossless=True, quality=0, method=0)),
        ("GIF", gray("GIF", (1601, 10_000))),
    ):
        expect_not_a_picture(image_store, upload(user, content, kind), key="bomb_accepted")
    largest = picture("JPEG", (4000, 4000), COLORS[3], quality=30)
    expect_not_refused(upload(user, largest, "JPEG"), key="largest_picture_refused")


@check(
    task="3.2",
    points=1,
    hints=(
        "How many pixels does a panorama of 12,000 x 1,000 have?",
        "The limit is for width times height. One side alone does not show how much memory an image needs.",
        "image.width * image.height > MOST_PIXELS, and no limit for a side.",
    ),
    needs=("picture_bomb_is_refused",),
)
def test_pixels_count_and_not_sides(user: User) -> None:
    """A long and narrow image with few pixels is accepted, in both orientations."""
    for size in ((12_000, 50), (50, 9_000)):
        expect_not_refused(upload(user, picture("PNG", size)), key="panorama_refused")


@check(
    task="3.2",
    points=1,
    hints=(
        "A file is too large and not an image. Which status does the client get?",
        "Check the size first. Never open a file that is too large.",
        "read_file raises 413 before the service sees the content.",
    ),
    needs=REFUSED,
)
def test_size_comes_before_content(user: User, image_store: ImageStore) -> None:
    """A file above 2 MiB answers 413 file_too_large, whether or not it is an image."""
    text = b"no picture " * 400_000
    for content in (text[: LARGEST + 100], text, picture("GIF") + bytes(LARGEST)):
        answer = upload(user, content)
        expect_error(answer, 413, code="file_too_large", key="opened_before_it_was_measured")
        expect_nothing_stored(image_store, answer)
