"""What becomes of the pictures that strangers send."""

import asyncio
import random
import threading

import pytest
from PIL import Image

from app.core.errors import UnprocessableContent
from app.services import images
from tests.pictures import FORMATS, NO_PICTURES, encoded, jpeg_of_scans, opened, picture

SECRETS = (b"Kyiv, 50.45 N", b"hush")


async def refused(file: bytes) -> bool:
    try:
        await images.reencode(file)
    except UnprocessableContent as error:
        return (error.code, error.field) == ("unsupported_image", "body.file")
    return False


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_picture_stays_what_it_is(kind: str) -> None:
    drawn = opened(await images.reencode(picture(kind, (60, 40))))
    assert (drawn.format, drawn.size) == (kind, (60, 40))
    red, blue = (drawn.convert("RGB").getpixel((x, 20)) for x in (10, 50))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]


@pytest.mark.parametrize("file", NO_PICTURES.values(), ids=NO_PICTURES)
async def test_what_is_no_picture_is_refused(file: bytes) -> None:
    assert await refused(file)


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_picture_that_was_cut_off_is_refused_wherever_that_was(kind: str) -> None:
    file = picture(kind)
    lengths = random.sample(range(len(file) - 4), 40)  # without its last few bytes a picture is whole all the same
    assert [length for length in lengths if not await refused(file[:length])] == []


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_damaged_picture_is_reencoded_or_refused_and_never_an_accident(kind: str) -> None:
    for _ in range(100):
        damaged = bytearray(picture(kind))
        for _ in range(random.randint(1, 6)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        if not await refused(bytes(damaged)):
            assert opened(await images.reencode(bytes(damaged))).format == kind


async def test_sixteen_megapixels_are_allowed_and_made_smaller() -> None:
    assert opened(await images.reencode(picture("PNG", (4000, 4000)))).size == (1024, 1024)
    assert opened(await images.reencode(picture("JPEG", (8000, 2000)))).size == (1024, 256)


async def test_a_jpeg_may_be_drawn_in_some_passes() -> None:
    assert not await refused(jpeg_of_scans(0))
    assert not await refused(jpeg_of_scans(50))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_where_a_photograph_was_taken_stays_secret(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRETS[0].decode()
    sent = encoded(Image.new("RGB", (20, 20)), kind, exif=exif, xmp=SECRETS[1], icc_profile=SECRETS[1])
    assert SECRETS[0] in sent
    drawn = await images.reencode(sent)
    assert not any(secret in drawn for secret in SECRETS)
    assert not opened(drawn).getexif()


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
async def test_comments_and_what_was_hung_on_are_gone(kind: str) -> None:
    sent = picture(kind, comment=b"hush") + b"<?php hush ?>"
    assert sent.count(b"hush") == 2
    assert b"hush" not in await images.reencode(sent)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photograph_that_was_taken_sideways_is_turned_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the right side of what the camera saw was down
    upright = opened(await images.reencode(picture(kind, (60, 40), exif=exif)))
    assert upright.size == (40, 60)
    top, bottom = (upright.convert("RGB").getpixel((20, y)) for y in (10, 50))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > top[2]
    assert bottom[2] > bottom[0]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_an_animation_becomes_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    drawn = opened(await images.reencode(encoded(frames[0], kind, save_all=True, append_images=frames[1:])))
    assert getattr(drawn, "n_frames", 1) == 1
    pixel = drawn.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200


async def test_what_can_be_seen_through_stays_so() -> None:
    glass = encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG")
    assert opened(await images.reencode(glass)).getpixel((10, 10)) == (255, 0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
async def test_a_png_may_hold_colours_in_any_way(mode: str) -> None:
    file = encoded(Image.new(mode, (20, 20)), "PNG")
    assert opened(await images.reencode(file)).mode == "RGBA"


async def test_a_grey_png_of_16_bits_keeps_its_shades() -> None:
    grey = Image.new("I;16", (40, 40), 0x8000)
    assert opened(await images.reencode(encoded(grey, "PNG"))).convert("L").getpixel((20, 20)) == 0x80


async def test_a_jpeg_for_printers_and_one_of_a_telephone_become_ordinary_ones() -> None:
    printed = encoded(Image.new("CMYK", (20, 20)), "JPEG")
    stereo = encoded(Image.new("RGB", (20, 20)), "MPO", save_all=True, append_images=[Image.new("RGB", (20, 20))])
    for file in (printed, stereo):
        drawn = opened(await images.reencode(file))
        assert (drawn.format, drawn.mode) == ("JPEG", "RGB")


async def test_one_picture_at_once_is_in_memory_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = threading.Barrier(2)

    def encode(_image: Image.Image) -> bytes:
        with pytest.raises(threading.BrokenBarrierError):  # nobody else comes
            pair.wait(0.05)
        pair.reset()
        return b"drawn"

    monkeypatch.setattr(images, "_encode", encode)
    assert await asyncio.gather(*[images.reencode(picture()) for _ in range(4)]) == [b"drawn"] * 4


async def test_the_bytes_of_a_start_of_scan_mean_nothing_in_other_formats() -> None:
    gif = picture("GIF") + b"\xff\xda" * 200
    assert opened(await images.reencode(gif)).format == "GIF"
