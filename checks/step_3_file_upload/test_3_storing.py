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
    """An uploaded picture is answered with 200 and the user, and arrives in the store, once."""
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
        "Who remembers the avatar when the request is over?",
        "The URL belongs to the user, and what is not committed is gone.",
        "user.avatar_url = ..., then await session.commit().",
    ),
    needs=STORED,
)
def test_avatar_is_shown_at_once(newcomer: User) -> None:
    """GET /users/me shows avatar_url: null before the first upload, and the new address right after each."""
    expect_avatar_in_me(newcomer, None, key="avatar_before_the_first")
    for color in COLORS[:2]:
        expect_avatar_in_me(newcomer, uploaded(newcomer, color), key="old_avatar_in_me")


@check(
    task="3.3",
    points=3,
    hints=(
        "What should a picture be called whose owner may change name and address tomorrow?",
        "Names change and hold odd characters; ids do neither. And who chose the name of the file?",
        'public_id=f"avatars/{user.id}", whatever the file was called.',
    ),
    needs=STORED,
)
def test_picture_is_called_after_the_user(user: User, image_store: ImageStore) -> None:
    """The picture is stored as avatars/ and the user's id, whatever the file is called."""
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
        "Where is the picture from last week, and who still sees it?",
        "The store keeps one picture for each public_id, if it is told to. Caches in front of it must be told too.",
        "overwrite=True and invalidate=True.",
    ),
    needs=("picture_is_called_after_the_user",),
)
def test_new_picture_takes_the_place_of_the_last(newcomer: User, image_store: ImageStore) -> None:
    """A second upload overwrites the first, also in caches: the new address and the old one show the new picture."""
    first = uploaded(newcomer, COLORS[0])
    expect_shown(image_store, first, COLORS[0], asked=f"GET {first}", key="another_picture_shown")
    second = uploaded(newcomer, COLORS[1])
    for address in (first, second):
        expect_shown(image_store, address, COLORS[1], asked=f"GET {address}", key="old_picture_shown")


@check(
    task="3.3",
    points=3,
    hints=(
        "Open the address in a browser. How large is what you see?",
        "The store cuts pictures when somebody looks: its address says how, right behind /image/upload/.",
        "…/image/upload/c_fill,h_200,w_200/v1234567890/avatars/1.png, put together from secure_url.",
    ),
    needs=STORED,
)
def test_address_shows_a_square_of_200(user: User, image_store: ImageStore) -> None:
    """The address has the transformation c_fill,h_200,w_200, and the store shows a filled square of 200x200 there."""
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
        "A telephone writes into a photograph where it was taken. Who may know?",
        "Store what you have drawn, not what was sent; and look at what Pillow copies into the new file.",
        "Save to a new BytesIO from an image whose info is empty, without exif=; that file goes to the store.",
    ),
    needs=STORED,
)
def test_what_is_stored_tells_nothing_else(user: User, image_store: ImageStore, random: Random) -> None:
    """The stored picture holds neither the place where it was taken nor any other text of the file that was sent."""
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
        "Two people upload a me.png each. How many pictures are there now?",
        "Everybody's picture needs a place of its own.",
        "The public_id holds the id of the user who is logged in, and nothing that the client sent.",
    ),
    needs=STORED,
)
def test_avatar_of_another_user_stays(user: User, other_user: User, image_store: ImageStore) -> None:
    """Somebody else's upload of a file of the same name leaves the own avatar as it was."""
    mine = uploaded(user, COLORS[0])
    uploaded(other_user, COLORS[1])
    expect_avatar_in_me(user, mine, key="avatar_of_another_changed")
    expect_shown(image_store, mine, COLORS[0], asked=f"GET {mine}", key="picture_of_another_changed")


@check(
    task="3.3",
    points=4,
    hints=(
        "While one user uploads, what can all the others do?",
        "`async def` does not make a blocking call wait politely: the whole event loop stands still until it returns.",
        "await asyncio.get_running_loop().run_in_executor(_threads, ...), or asyncio.to_thread(...).",
    ),
    needs=STORED,
)
def test_others_are_served_during_an_upload(user: User, image_store: ImageStore) -> None:
    """While the store takes its time with an upload, GET /health is answered."""
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
