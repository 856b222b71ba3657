"""What a check is told of uploads to the image store."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import cloudinary.uploader
import pytest
from PIL import Image

from courseware.checking import CheckFailed, ImageStore
from courseware.checking.time_limits import TimeLimits
from courseware.services.image_store.service import ImageStore as Service
from courseware.services.servers import HOST, FaultMode, listen, port_of


class Client:
    """An application that uploads to the store with the SDK."""

    def __init__(self) -> None:
        self.service = Service()
        listener = listen(0)
        self.prefix = f"http://{HOST}:{port_of(listener)}"
        self.service.serve(listener)

    def upload(self, public_id: str, **options: Any) -> dict[str, Any]:
        account = self.service.account
        settings: dict[str, Any] = {
            "cloud_name": account.cloud_name,
            "api_key": account.api_key,
            "api_secret": account.api_secret,
            "upload_prefix": self.prefix,
            "timeout": 5,
        }
        answer: dict[str, Any] = cloudinary.uploader.upload(
            picture(), **{"public_id": public_id, **settings, **options}
        )
        return answer


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    cloudinary.uploader._http.clear()
    client.service.stop()


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(content, "PNG")
    return content.getvalue()


def failure(of: pytest.ExceptionInfo[CheckFailed]) -> tuple[str, str]:
    return of.value.key, of.value.got


def test_a_check_is_told_of_what_came_since_it_began(client: Client) -> None:
    client.upload("before")
    store = ImageStore(client.service)
    assert store.uploads == []
    client.upload("one", folder="avatars")
    assert store.only_upload(asked="an upload").public_id == "avatars/one"
    client.upload("two")
    assert [upload.public_id for upload in store.uploads] == ["avatars/one", "two"]
    with pytest.raises(CheckFailed) as failed:
        store.only_upload(asked="an upload")
    assert failure(failed) == ("no_upload", "2")


def test_a_refused_upload_is_none_and_the_reason_is_told(client: Client) -> None:
    store = ImageStore(client.service)
    with pytest.raises(Exception, match="Invalid Signature"):
        client.upload("one", api_secret="wrong")
    with pytest.raises(CheckFailed) as failed:
        store.only_upload(asked="an upload")
    assert failed.value.key == "no_upload"
    assert failed.value.got.startswith("none; it refused: Invalid Signature")
    assert ImageStore(client.service).refusals == []


def test_what_an_address_shows(client: Client) -> None:
    store = ImageStore(client.service)
    address = client.upload("one")["secure_url"]
    assert store.shown_at(address, asked="an upload").width == 300
    small = address.replace("/upload/", "/upload/c_fill,h_200,w_200/")
    shown = store.shown_at(small, asked="an upload")
    assert (shown.width, shown.height) == (200, 200)


@pytest.mark.parametrize("change", [("one.png", "two.png"), ("/upload/", "/upload/w_nothing/"), ("http://", "")])
def test_an_address_that_shows_nothing_fails_the_check(client: Client, change: tuple[str, str]) -> None:
    address = client.upload("one")["secure_url"].replace(*change)
    with pytest.raises(CheckFailed) as failed:
        ImageStore(client.service).shown_at(address, asked="an upload")
    assert failed.value.key == "no_picture"
    assert address in failed.value.expected


def test_a_check_can_wait_until_an_upload_hangs(client: Client) -> None:
    time_limits = TimeLimits()
    store = ImageStore(client.service, time_limits)
    store.set_fault(FaultMode.STALLS)
    uploading = threading.Thread(target=client.upload, args=("one",))
    uploading.start()
    store.wait_until_called(asked="an upload")
    assert store.uploads == []
    store.set_fault(FaultMode.NONE)
    uploading.join()
    assert store.only_upload(asked="an upload").public_id == "one"
    time_limits.seconds = 0.1
    with pytest.raises(CheckFailed) as failed:
        store.wait_until_called(asked="an upload")
    assert failure(failed) == ("no_upload", "none")


def test_what_waits_when_a_check_is_over_has_no_effect_any_more(client: Client) -> None:
    store = ImageStore(client.service)
    store.set_fault(FaultMode.STALLS)
    failures: list[Exception] = []

    def upload() -> None:
        try:
            client.upload("late")
        except Exception as error:
            failures.append(error)

    uploading = threading.Thread(target=upload)
    uploading.start()
    store.wait_until_called(asked="an upload")
    store.recover()
    uploading.join()
    assert len(failures) == 1
    assert store.uploads == []
    client.upload("next")
    assert store.only_upload(asked="an upload").public_id == "next"
