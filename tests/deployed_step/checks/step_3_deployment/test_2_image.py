"""Checks of task 3.2: the image can be built, is pinned, and holds no secrets."""

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Image


@check(task="3.2", points=1, hints=("Compare each COPY with the files that there are.",))
def test_image_can_be_built(image: Image) -> None:
    """Docker can read the Dockerfile and finds the files that it copies."""
    image.must_be_read()


@check(task="3.2", points=1, hints=("Read FROM.",), needs=("image_can_be_built",))
def test_image_is_pinned(image: Image) -> None:
    """Each stage begins with an image of a certain version."""
    image.must_be_pinned()


@check(task="3.2", points=1, hints=("Read USER.",), needs=("image_can_be_built",))
def test_image_is_careful(image: Image) -> None:
    """The image runs as an ordinary user and takes in no .env."""
    if image.is_root:
        raise CheckFailed("runs_as_root", asked="USER to be read", expected="another user than root", got="root")
    if image.takes(".env"):
        raise CheckFailed("takes_secrets", asked="a build with a file .env", expected="an image without it", got=".env")
