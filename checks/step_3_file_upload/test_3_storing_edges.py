"""Task 3.3: the edges."""

from random import Random

from courseware.checking import FaultMode, ImageStore, check, expect
from step_1_contacts_crud.contacts import valid_contact
from step_3_file_upload.avatars import (
    LARGEST,
    expect_avatar_in_me,
    expect_shown,
    upload,
    upload_of,
    uploaded,
)
from step_3_file_upload.pictures import COLORS, drawn, picture, saved
from users import User

STORED = ("picture_is_stored",)


@check(
    task="3.3",
    points=1,
    hints=(
        "Images store colors in other ways than red, green and blue.",
        "Palettes, gray, transparency, CMYK: each format supports some of them.",
        'Convert before saving: "RGB" for JPEG, "RGBA" for the others.',
    ),
    needs=STORED,
)
def test_colors_may_be_kept_in_any_way(user: User, image_store: ImageStore) -> None:
    """Images with a palette, with transparency, in gray and in CMYK are stored and delivered."""
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


@check(
    task="3.3",
    points=1,
    hints=(
        "A user has an avatar and sends a file that is refused. Which avatar do they have afterwards?",
        "A refused file changes nothing. Do not delete anything before the new image is stored.",
        "Set user.avatar_url once, after the store has answered, and commit then.",
    ),
    needs=("avatar_is_shown_at_once",),
)
def test_refused_file_leaves_the_avatar(newcomer: User, image_store: ImageStore) -> None:
    """After a 413 or a 422 the user has the same avatar as before, in GET /users/me and in the store."""
    old = uploaded(newcomer, COLORS[1])
    for content, status in ((b"no picture", 422), (b"", 422), (bytes(LARGEST + 1), 413)):
        upload(newcomer, content).expect_status(status, key="wrong_file_accepted")
        expect_avatar_in_me(newcomer, old, key="avatar_lost")
        expect_shown(image_store, old, COLORS[1], asked=f"GET {old}", key="avatar_lost")


@check(
    task="3.3",
    points=1,
    hints=(
        "Can other requests write to the database while an upload waits for the store?",
        "A transaction that has changed a row holds a lock until its end. SQLite has one lock for all writers.",
        "Change nothing before the call of the store, and commit. Store the URL in another transaction after it.",
    ),
    needs=("others_are_served_during_an_upload",),
)
def test_others_write_during_an_upload(user: User, other_user: User, image_store: ImageStore, random: Random) -> None:
    """While the store does not answer an upload, another user can save a contact."""
    slow = upload_of(user, picture())
    creation = other_user.creation_of(valid_contact(random))
    image_store.set_fault(FaultMode.STALLS)
    with user.application.sending(slow) as uploading:
        image_store.wait_until_called(asked=str(slow))
        with user.application.sending(creation) as sent:
            is_saved = sent.is_answered_before(uploading)
            asked = f"{creation} while an upload is under way"
            expect(is_saved, "database_held", asked=asked, expected="an answer before the upload is over", got="none")
            sent.answer().expect_status(201, key="database_held")
