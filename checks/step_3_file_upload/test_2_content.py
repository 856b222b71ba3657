"""Task 3.2: whether a file is a picture."""

from random import Random

from courseware.checking import File, ImageStore, check
from step_3_file_upload.avatars import expect_not_a_picture, expect_not_refused, sending, upload
from step_3_file_upload.pictures import EXTENSIONS, KINDS, PNG_SIGNATURE, noise, picture, saved, whole_png_of
from users import User

REFUSED = ("text_is_refused_whatever_it_is_called",)


@check(
    task="3.2",
    points=3,
    hints=(
        "The client chooses the name and the type. What can the client not choose freely?",
        "Pillow detects the format by the content, and raises for an unknown format.",
        "Image.open(io.BytesIO(file), formats=FORMATS), and raise UnprocessableContent for whatever it raises.",
    ),
)
def test_text_is_refused_whatever_it_is_called(user: User, image_store: ImageStore, random: Random) -> None:
    """A text called me.png, of type image/png, is refused with 422 unsupported_image and is not stored."""
    text = f"I am a picture, believe me. {random.getrandbits(64):x}".encode() * 5
    for kind in KINDS:
        file = File(text, f"me.{EXTENSIONS[kind]}", f"image/{kind.lower()}")
        answer = user.application.send(sending(user, file))
        expect_not_a_picture(image_store, answer, key="text_accepted")


@check(
    task="3.2",
    points=2,
    hints=(
        "Which formats does the task name? Send an image of each.",
        "Not every format supports every mode of pixels. Read the error of Pillow when you save.",
        "JPEG needs RGB, the others accept RGBA. Save in the format of the received file.",
    ),
    needs=REFUSED,
)
def test_four_kinds_of_pictures_are_taken(user: User) -> None:
    """A JPEG, a PNG, a GIF and a WebP are accepted."""
    for kind in KINDS:
        expect_not_refused(upload(user, picture(kind), kind), key="picture_refused")


@check(
    task="3.2",
    points=3,
    hints=(
        "A phone may name every file `upload.bin`. Does the content change with the name?",
        "Neither the name nor the declared type should be read anywhere in your code.",
        "Use UploadFile.read(), and ignore filename and content_type.",
    ),
    needs=REFUSED,
)
def test_name_and_declared_type_mean_nothing(user: User) -> None:
    """A PNG called notes.txt, of type text/plain, is accepted, and so is a GIF declared as a JPEG."""
    for file in (
        File(picture("PNG"), "notes.txt", "text/plain"),
        File(picture("GIF"), "me.jpg", "image/jpeg"),
        File(picture("JPEG"), "me", "application/octet-stream"),
    ):
        expect_not_refused(user.application.send(sending(user, file)), key="label_was_believed")


@check(
    task="3.2",
    points=2,
    hints=(
        "RIFF is a container format. Which bytes name the format of its content?",
        "Sound and video use the same container as WebP. Bytes 8 to 11 name the format.",
        'If you compare signatures yourself: file[:4] == b"RIFF" and file[8:12] == b"WEBP". Pillow does it for you.',
    ),
    needs=REFUSED,
)
def test_riff_is_not_yet_webp(user: User, image_store: ImageStore) -> None:
    """Sound in a RIFF file is refused with 422 unsupported_image, with any file name."""
    sound = b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data" + bytes(2048)
    answer = user.application.send(sending(user, File(sound, "me.webp", "image/webp")))
    expect_not_a_picture(image_store, answer, key="sound_accepted")


@check(
    task="3.2",
    points=2,
    hints=(
        "Why does the signature of PNG contain line ends of two kinds?",
        "They show whether a transfer has changed line ends. The first four bytes alone do not show it.",
        r"The signature is b'\x89PNG\r\n\x1a\n', all eight bytes of it.",
    ),
    needs=REFUSED,
)
def test_png_has_a_signature_of_eight_bytes(user: User, image_store: ImageStore) -> None:
    """A PNG whose line ends were changed is refused with 422 unsupported_image."""
    whole = picture("PNG")
    for damaged in (b"\x89PNG\n\x1a\n", b"\x89PNG\r\n\x1a\r\n"):
        answer = upload(user, damaged + whole[len(PNG_SIGNATURE) :])
        expect_not_a_picture(image_store, answer, key="damaged_signature_accepted")


@check(
    task="3.2",
    points=2,
    hints=(
        "GIF has two versions. Which are they?",
        "Compare six bytes, not three or four.",
        'A GIF begins with b"GIF87a" or b"GIF89a"; nothing else does.',
    ),
    needs=REFUSED,
)
def test_gif_has_two_signatures(user: User, image_store: ImageStore) -> None:
    """A GIF that begins with GIF87a or GIF89a is accepted. One that begins with GIF88a is refused."""
    rest = picture("GIF")[6:]
    expect_not_a_picture(image_store, upload(user, b"GIF88a" + rest, "GIF"), key="damaged_signature_accepted")
    for signature in (b"GIF87a", b"GIF89a"):
        expect_not_refused(upload(user, signature + rest, "GIF"), key="picture_refused")


@check(
    task="3.2",
    points=2,
    hints=(
        "Upload an empty file. What does your application answer?",
        "Handle an empty file like every other file that is not an image.",
        'b"" has no signature: 422 "unsupported_image" comes by itself if you do not read file[0] before.',
    ),
    needs=REFUSED,
)
def test_empty_file_is_refused(user: User, image_store: ImageStore) -> None:
    """A file of zero bytes is refused with 422 unsupported_image."""
    expect_not_a_picture(image_store, upload(user, b""), key="empty_file_accepted")


@check(
    task="3.2",
    points=3,
    hints=(
        "The connection broke in the middle of the file. Can the beginning of the file show this?",
        "Image.open reads only the header. Your code has to read the pixels.",
        "image.load() decodes all pixels, and raises OSError if they end too early.",
    ),
    needs=REFUSED,
)
def test_truncated_picture_is_refused(user: User, image_store: ImageStore, random: Random) -> None:
    """The first half of a JPEG, PNG, GIF or WebP is refused with 422 unsupported_image."""
    for kind in KINDS:
        whole = saved(noise(random, (120, 90)), kind)
        answer = upload(user, whole[: len(whole) // 2], kind)
        expect_not_a_picture(image_store, answer, key="truncated_picture_accepted")


@check(
    task="3.2",
    points=2,
    hints=(
        "How much memory does the decoded image need? Does the size of the file show it?",
        "Width and height are in the header of the file. Read them before you decode the pixels.",
        "After Image.open and before load: refuse when image.width * image.height > MOST_PIXELS.",
    ),
    needs=REFUSED,
)
def test_picture_bomb_is_refused(user: User, image_store: ImageStore) -> None:
    """A PNG of a few kilobytes that decodes to 20 megapixels is refused with 422 unsupported_image."""
    answer = upload(user, whole_png_of(5000, 4000))
    expect_not_a_picture(image_store, answer, key="bomb_accepted")
