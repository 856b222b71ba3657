"""Task 3.3: the edges."""

from courseware.checking import ImageStore, check
from step_3_file_upload.avatars import expect_shown, upload
from step_3_file_upload.pictures import COLORS, drawn, saved
from users import User

STORED = ("picture_is_stored",)


@check(
    task="3.3",
    points=1,
    hints=(
        "Pictures hold colors in more ways than red, green and blue.",
        "Palettes, shades of gray, transparency, the colors of printers: each format takes some of them.",
        'Convert before saving: "RGB" for JPEG, "RGBA" for the others.',
    ),
    needs=STORED,
)
def test_colors_may_be_kept_in_any_way(user: User, image_store: ImageStore) -> None:
    """Pictures with a palette, with transparency, in gray and in the colors of printers are stored and shown."""
    color = COLORS[4]
    image = drawn((240, 240), color)
    gray = image.convert("L").getpixel((120, 120))
    assert isinstance(gray, int)
    shades = (gray, gray, gray)
    for kind, modes in (
        ("JPEG", {"CMYK": color, "L": shades}),
        ("PNG", {"P": color, "RGBA": color, "LA": shades}),
        ("GIF", {"P": color}),
        ("WEBP", {"RGBA": color}),
    ):
        for mode, expected in modes.items():
            content = saved(image.quantize() if mode == "P" else image.convert(mode), kind)
            answer = upload(user, content, kind).expect_status(200, key="unusual_picture_refused")
            address = answer.typed(str, "avatar_url", key="no_avatar_url")
            asked = f"a {kind} with its colors as {mode}"
            expect_shown(image_store, address, expected, asked=asked, key="colors_changed")
