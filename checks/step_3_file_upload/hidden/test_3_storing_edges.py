"""Task 3.3 with unusual pictures, and with more in the file than the picture."""

from random import Random

from PIL.PngImagePlugin import PngInfo

from courseware.checking import ImageStore, check, expect
from step_3_file_upload.avatars import upload
from step_3_file_upload.pictures import picture
from users import User

STORED = ("picture_is_stored",)


@check(
    task="3.3",
    points=1,
    hints=(
        "What else can a file with a valid image contain?",
        "Any bytes can follow the image. Comments and text chunks can contain any text.",
        "Never store the received bytes. Clear image.info before saving, because Pillow writes comments again.",
    ),
    needs=STORED,
)
def test_nothing_is_smuggled_into_the_store(user: User, image_store: ImageStore, random: Random) -> None:
    """Bytes after the end of an image, and its comments, are not in the stored image."""
    hidden = f"PK\x03\x04 smuggled {random.getrandbits(64):x}"
    texts = PngInfo()
    texts.add_text("Comment", hidden)
    smuggled = hidden.encode()
    for kind, content in (
        ("JPEG", picture("JPEG", comment=smuggled)),
        ("GIF", picture("GIF", comment=smuggled)),
        ("PNG", picture("PNG", pnginfo=texts)),
        ("WEBP", picture("WEBP", xmp=smuggled)),
        ("JPEG", picture("JPEG") + smuggled),
        ("PNG", picture("PNG") + smuggled),
    ):
        asked = str(upload(user, content, kind).expect_status(200, key="picture_refused").request)
        stored = image_store.last_upload(asked=asked).picture.content
        expect(
            smuggled not in stored,
            "metadata_stored",
            asked=f"the stored {kind}",
            expected="nothing but what can be seen",
            got="more",
        )
