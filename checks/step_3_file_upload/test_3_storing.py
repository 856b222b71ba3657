"""Task 3.3: into the store."""

from random import Random

from PIL import Image

from courseware.checking import FaultMode, File, ImageStore, Request, check, expect, read_address
from step_3_file_upload.avatars import (
    SIDE,
    expect_avatar_in_me,
    expect_shown,
    profile,
    sending,
    upload,
    upload_of,
    uploaded,
)
from step_3_file_upload.pictures import COLORS, KINDS, color_of, has_exif, is_like, opened, picture, saved
from users import API, User

STORED = ("picture_is_stored",)
TRANSFORMATION = {"c_fill", "h_200", "w_200"}


@check(
    task="3.3",
    points=4,
    hints=(
        "Read the traceback in the terminal, or the log line that says why the store refused.",
        "Three parts are needed: re-encode the image, upload it with the account from the settings, save the URL.",
        "cloudinary.uploader.upload(picture, public_id=..., cloud_name=..., api_key=..., api_secret=..., "
        "upload_prefix=...) with get_secret_value() for the secret ones.",
    ),
)
def test_picture_is_stored(user: User, image_store: ImageStore) -> None:
    """An upload is answered with 200 and the user, and the image arrives in the store once."""
    for kind in KINDS:
        before = len(image_store.uploads)
        answer = upload(user, picture(kind), kind).expect_status(200, key="picture_refused")
        answer.expect_value("email", equals=user.email, key="no_user_answered")
        answer.typed(str, "avatar_url", key="no_avatar_url")
        got = f"{len(image_store.uploads) - before} uploads"
        expect(got == "1 uploads", "not_uploaded_once", asked=str(answer.request), expected="1 upload", got=got)


@check(
    task="3.3",
    points=3,
    hints=(
        "Where is the URL stored after the request has ended?",
        "Store the URL in the user's row, and commit.",
        "user.avatar_url = ..., then await session.commit().",
    ),
    needs=STORED,
)
def test_avatar_is_shown_at_once(newcomer: User) -> None:
    """GET /users/me shows avatar_url: null before the first upload, and the new URL after each upload."""
    expect_avatar_in_me(newcomer, None, key="avatar_before_the_first")
    for color in COLORS[:2]:
        expect_avatar_in_me(newcomer, uploaded(newcomer, color), key="old_avatar_in_me")


@check(
    task="3.3",
    points=3,
    hints=(
        "Users can change their name and address. Which value of a user never changes?",
        "Names change and contain special characters. Ids do not. The client chooses the file name.",
        'public_id=f"avatars/{user.id}", independent of the file name.',
    ),
    needs=STORED,
)
def test_picture_is_called_after_the_user(user: User, image_store: ImageStore) -> None:
    """The image is stored as avatars/ and the user's id, with any file name."""
    expected = f"avatars/{profile(user).value('id')}"
    for name in ("me.png", "../../x?кіт#.png"):
        request = sending(user, File(picture(), name))
        answer = user.application.send(request).expect_status(200, key="picture_refused")
        got = image_store.last_upload(asked=str(answer.request)).public_id
        expect(got == expected, "wrong_public_id", asked=str(answer.request), expected=expected, got=got)


@check(
    task="3.3",
    points=3,
    hints=(
        "Which URL still shows the previous image?",
        "With one option the store replaces the image of a public_id. Another option clears the caches.",
        "overwrite=True and invalidate=True.",
    ),
    needs=("picture_is_called_after_the_user",),
)
def test_new_picture_takes_the_place_of_the_last(newcomer: User, image_store: ImageStore) -> None:
    """A second upload replaces the first, also in caches: the new URL and the old one show the new image."""
    first = uploaded(newcomer, COLORS[0])
    expect_shown(image_store, first, COLORS[0], asked=f"GET {first}", key="another_picture_shown")
    second = uploaded(newcomer, COLORS[1])
    for address in (first, second):
        expect_shown(image_store, address, COLORS[1], asked=f"GET {address}", key="old_picture_shown")


@check(
    task="3.3",
    points=3,
    hints=(
        "Open the URL in a browser. What is the size of the image?",
        "The store transforms an image when it delivers it. The URL contains the transformation after /image/upload/.",
        "…/image/upload/c_fill,h_200,w_200/v1234567890/avatars/1.png, put together from secure_url.",
    ),
    needs=STORED,
)
def test_address_shows_a_square_of_200(user: User, image_store: ImageStore) -> None:
    """The URL has the transformation c_fill,h_200,w_200, and the store delivers a square of 200x200 there."""
    for size in ((600, 200), (150, 450)):
        middle, ends = COLORS[2], COLORS[3]
        content = picture_with_ends(size, middle, ends)
        answer = upload(user, content).expect_status(200, key="picture_refused")
        address = answer.typed(str, "avatar_url", key="no_avatar_url")
        path = read_address(address, asked=str(answer.request), key="broken_avatar_url").path
        parts = (set(part.split(",")) for part in path.split("/"))
        if not any(part >= TRANSFORMATION for part in parts):
            raise answer.failed("no_transformation", "an address with c_fill,h_200,w_200", address)
        shown = image_store.shown_at(address, asked=f"GET {address}")
        got = f"{shown.width}x{shown.height}"
        expect(got == f"{SIDE}x{SIDE}", "wrong_size", asked=f"GET {address}", expected=f"{SIDE}x{SIDE} pixels", got=got)
        image = opened(shown.content, asked=f"GET {address}")
        filled = all(is_like(color_of(image, place, place), middle) for place in (0.1, 0.5, 0.9))
        expect(filled, "not_filled", asked=f"GET {address}", expected="the middle, without its ends", got="the whole")


@check(
    task="3.3",
    points=4,
    hints=(
        "A phone writes the position into a photograph. Who could read it?",
        "Store the re-encoded image, not the received file. Check which metadata Pillow copies into it.",
        "Save to a new BytesIO from an image whose info is empty, without exif=; that file goes to the store.",
    ),
    needs=STORED,
)
def test_what_is_stored_tells_nothing_else(user: User, image_store: ImageStore, random: Random) -> None:
    """The stored image contains neither the position nor any other metadata of the received file."""
    secret = f"50.4501N,30.5234E {random.getrandbits(64):x}"
    exif = Image.Exif()
    exif[0x010E] = secret  # ImageDescription
    for kind in ("JPEG", "PNG", "WEBP"):
        sent = picture(kind, exif=exif, comment=secret.encode()) if kind == "JPEG" else picture(kind, exif=exif)
        assert secret.encode() in sent
        asked = str(upload(user, sent, kind).expect_status(200, key="picture_refused").request)
        stored = image_store.last_upload(asked=asked).picture.content
        expect(
            secret.encode() not in stored and not has_exif(opened(stored, asked=asked)),
            "metadata_stored",
            asked=f"the stored {kind}",
            expected="no EXIF data and no comment",
            got="some",
        )


@check(
    task="3.3",
    points=2,
    hints=(
        "Two users each upload a file me.png. How many images does the store have?",
        "Each user needs a separate public_id.",
        "Make the public_id from the id of the user, and from no value that the client sent.",
    ),
    needs=STORED,
)
def test_avatar_of_another_user_stays(user: User, other_user: User, image_store: ImageStore) -> None:
    """An upload of another user with the same file name does not change the user's avatar."""
    mine = uploaded(user, COLORS[0])
    uploaded(other_user, COLORS[1])
    expect_avatar_in_me(user, mine, key="avatar_of_another_changed")
    expect_shown(image_store, mine, COLORS[0], asked=f"GET {mine}", key="picture_of_another_changed")


@check(
    task="3.3",
    points=4,
    hints=(
        "While one user uploads, do the requests of other users get an answer?",
        "In `async def`, a blocking call stops the whole event loop until it returns.",
        "await asyncio.get_running_loop().run_in_executor(_threads, ...), or asyncio.to_thread(...).",
    ),
    needs=STORED,
)
def test_others_are_served_during_an_upload(user: User, image_store: ImageStore) -> None:
    """While the store does not answer an upload, GET /health is answered."""
    health, slow = Request("GET", f"{API}/health"), upload_of(user, picture())
    image_store.set_fault(FaultMode.STALLS)
    with user.application.sending(slow) as uploading:
        image_store.wait_until_called(asked=str(slow))
        with user.application.sending(health) as sent:
            expect(
                sent.is_answered_before(uploading),
                "event_loop_held",
                asked=f"{health} while an upload is under way",
                expected="an answer before the upload is over",
                got="none",
            )
            sent.answer().expect_status(200, key="health_does_not_work")


def picture_with_ends(size: tuple[int, int], middle: tuple[int, int, int], ends: tuple[int, int, int]) -> bytes:
    """A picture with a square in its middle, and ends of another color on the two sides where it is longer."""
    side = min(size)
    image = Image.new("RGB", size, ends)
    image.paste(Image.new("RGB", (side, side), middle), ((size[0] - side) // 2, (size[1] - side) // 2))
    return saved(image, "PNG")
