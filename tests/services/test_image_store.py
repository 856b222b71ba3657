"""The image store takes what Cloudinary's own SDK sends, unpatched, and answers as the service does."""

import base64
import io
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import cloudinary
import cloudinary.exceptions
import cloudinary.uploader
import cloudinary.utils
import pytest
from PIL import Image

from courseware.services.image_store.service import ImageStore
from courseware.services.image_store.stored_images import BYTES_KEPT, PICTURES_KEPT, Pictures, Upload
from courseware.services.image_store.transformation import Rendered, WrongTransformation, transform
from courseware.services.image_store.upload_call import LARGEST_FILE
from courseware.services.servers import HOST, FaultMode, listen, port_of

SECONDS = 20


class Client:
    """The SDK with the settings of an application that uses the store."""

    def __init__(self) -> None:
        self.store = ImageStore()
        listener = listen(0)
        self.port = port_of(listener)
        self.store.serve(listener)
        self.settings: dict[str, Any] = {
            "cloud_name": self.store.account.cloud_name,
            "api_key": self.store.account.api_key,
            "api_secret": self.store.account.api_secret,
            "upload_prefix": f"http://{HOST}:{self.port}",
            "timeout": SECONDS,
        }

    def upload(self, file: Any, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = cloudinary.uploader.upload(file, **{**self.settings, **options})
        return result


@pytest.fixture
def client() -> Iterator[Client]:
    cloudinary.reset_config()
    client = Client()
    yield client
    cloudinary.uploader._http.clear()  # the connections that the SDK keeps
    client.store.stop()


@pytest.fixture
def pages(client: Client, site: Any) -> Any:
    """The store asked over HTTP."""
    return site(client.port)


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 300), color: str = "red", mode: str = "RGB") -> bytes:
    content = io.BytesIO()
    Image.new(mode, size, color).save(content, kind)
    return content.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def path_of(address: str) -> str:
    return urlsplit(address).path


def test_an_upload_is_answered_as_the_service_answers_it(client: Client, pages: Any) -> None:
    answer = client.upload(picture(), public_id="avatars/7", overwrite=True, invalidate=True)
    version = answer["version"]
    assert abs(version - time.time()) < SECONDS
    address = f"http://{HOST}:{client.port}/course/image/upload/v{version}/avatars/7.png"
    assert answer["secure_url"] == answer["url"] == address
    assert (answer["public_id"], answer["format"], answer["width"], answer["height"]) == ("avatars/7", "png", 400, 300)
    assert (answer["bytes"], answer["resource_type"], answer["type"]) == (len(picture()), "image", "upload")
    signed = cloudinary.utils.api_sign_request(
        {"public_id": "avatars/7", "version": version}, client.settings["api_secret"]
    )
    assert answer["signature"] == signed
    shown = pages.get(path_of(address))
    assert (shown.status, shown.headers.get_content_type(), shown.body) == (200, "image/png", picture())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_every_format_is_stored_as_it_came(client: Client, kind: str) -> None:
    content = picture(kind)
    stored = client.store.delivered(client.upload(content, public_id="any")["secure_url"])
    assert stored is not None
    assert (stored.content, stored.format) == (content, kind)


@pytest.mark.parametrize(("width", "height"), [(200, 200), (250, 250), (64, 128)])
def test_a_filled_square_has_the_middle_of_the_picture(client: Client, pages: Any, width: int, height: int) -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    content = io.BytesIO()
    image.save(content, "PNG")
    answer = client.upload(content.getvalue(), public_id="avatars/1")
    address = answer["secure_url"].replace("/upload/", f"/upload/c_fill,h_{height},w_{width}/")
    shown = opened(pages.get(path_of(address)).body)
    assert shown.size == (width, height)
    assert shown.convert("RGB").getpixel((width // 2, height // 2)) == (0, 0, 255)


@pytest.mark.parametrize(
    ("transformation", "size", "kind"),
    [
        ("c_fit,h_200,w_200", (200, 150), "PNG"),
        ("c_limit,h_900,w_900", (400, 300), "PNG"),
        ("c_scale,w_100", (100, 75), "PNG"),
        ("w_100", (100, 75), "PNG"),
        ("c_crop,g_north_west,h_50,w_500", (400, 50), "PNG"),
        ("c_pad,h_100,w_100", (100, 100), "PNG"),
        ("c_thumb,g_face,h_100,w_100,r_max", (100, 100), "PNG"),
        ("c_fill,h_200,w_200/f_auto,q_auto", (200, 200), "PNG"),
        ("c_fill,h_200,w_200,f_webp", (200, 200), "WEBP"),
        ("c_fill,h_200,w_200/c_scale,w_10/f_jpg,q_10", (10, 10), "JPEG"),
    ],
)
def test_transformations(client: Client, transformation: str, size: tuple[int, int], kind: str) -> None:
    address = client.upload(picture(), public_id="avatars/1")["secure_url"]
    address = address.removesuffix(".png").replace("/upload/", f"/upload/{transformation}/")
    rendered = client.store.delivered(address)
    assert rendered is not None
    assert ((rendered.width, rendered.height), rendered.format) == (size, kind)
    assert opened(rendered.content).size == size


def test_transparency_becomes_white_where_a_format_has_none(client: Client) -> None:
    content = picture(mode="RGBA", color="#00000000")
    address = client.upload(content, public_id="avatars/1", version=1)["secure_url"].removesuffix("png") + "jpg"
    rendered = client.store.delivered(address)
    assert rendered is not None
    assert opened(rendered.content).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    "wrong",
    [
        *("c_fill,h_0,w_200", "c_fill,h_99999,w_1", "c_nothing,w_5", "nothing", "c_fill,w_²", "f_exe", "w_-5", "q"),
        *(
            "w_0000000011999999999",
            "c_crop,h_300,w_1/c_scale,w_5000",
            "c_crop,h_300,w_1/c_fit,h_5,w_5",
            "c_crop,h_300,w_1/w_200,f_webp",
        ),
    ],
)
def test_a_wrong_transformation_is_refused_with_its_reason(client: Client, pages: Any, wrong: str) -> None:
    address = client.upload(picture(), public_id="avatars/1")["secure_url"].replace("/upload/", f"/upload/{wrong}/")
    with pytest.raises(WrongTransformation):
        client.store.delivered(address)
    if wrong.isascii():
        shown = pages.get(path_of(address))
        assert shown.status == 400
        assert "transformation" in shown.headers["x-cld-error"]


def test_the_address_that_an_application_builds_itself_leads_to_the_picture(client: Client) -> None:
    answer = client.upload(picture(), public_id="avatars/9")
    options = {"cloud_name": "course", "width": 200, "height": 200, "crop": "fill"}
    variants: list[dict[str, Any]] = [
        {"version": answer["version"]},
        {},
        {"secure": True},
        {"secure": True, "cdn_subdomain": True},
        {"secure": True, "private_cdn": True},
        {"secure": True, "format": "png"},
        {"shorten": True},
        {"sign_url": True, "api_secret": "any"},
        {"cname": f"{HOST}:{client.port}", "secure": False},
        {"transformation": [{"gravity": "face"}, {"quality": "auto", "fetch_format": "auto"}]},
    ]
    for variant in variants:
        address, _ = cloudinary.utils.cloudinary_url("avatars/9", **options, **variant)
        rendered = client.store.delivered(address)
        assert rendered is not None, address
        if "transformation" not in variant:
            assert (rendered.width, rendered.height) == (200, 200), address


def test_with_a_cname_the_address_that_the_sdk_builds_is_one_of_this_machine(client: Client, pages: Any) -> None:
    answer = client.upload(picture(), public_id="avatars/9")
    built = cloudinary.CloudinaryImage("avatars/9").build_url(
        cloud_name="course",
        cname=f"{HOST}:{client.port}",
        width=200,
        height=200,
        crop="fill",
        version=answer["version"],
    )
    assert built.startswith(f"http://{HOST}:{client.port}/course/image/upload/c_fill,h_200,w_200/v")
    assert opened(pages.get(path_of(built)).body).size == (200, 200)


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/course/image/upload/v1/avatars/1.png",
        "https://res.cloudinary.com.example/course/image/upload/v1/avatars/1.png",
        "https://res.cloudinary.com/another/image/upload/v1/avatars/1.png",
        "https://res.cloudinary.com/course/image/upload/v1/avatars/2.png",
        "ftp://res.cloudinary.com/course/image/upload/v1/avatars/1.png",
        "/course/image/upload/v1/avatars/1.png",
        "http://[/",
        "",
    ],
)
def test_an_address_of_somebody_else_is_none_of_the_stores(client: Client, address: str) -> None:
    client.upload(picture(), public_id="avatars/1")
    assert client.store.delivered(address) is None


def test_a_folder_that_is_named_like_a_transformation(client: Client) -> None:
    client.upload(picture(), public_id="w_folder/c_fill/1")
    assert client.store.delivered("https://res.cloudinary.com/course/image/upload/w_folder/c_fill/1.png") is not None


def test_a_public_id_of_any_alphabet(client: Client, pages: Any) -> None:
    answer = client.upload(picture(), public_id="аватари/Олена 1")
    address, _ = cloudinary.utils.cloudinary_url(
        "аватари/Олена 1", cloud_name="course", version=answer["version"], cname=f"{HOST}:{client.port}"
    )
    assert client.store.delivered(address) is not None
    assert pages.get(path_of(address)).status == 200
    assert "Олена 1" in pages.get("/").text


def test_overwriting_gives_a_new_version_and_is_told(client: Client) -> None:
    first = client.upload(picture(color="red"), public_id="avatars/1", overwrite=True)
    second = client.upload(picture(color="blue"), public_id="avatars/1", overwrite=True)
    assert "overwritten" not in first
    assert second["overwritten"] is True
    assert second["version"] > first["version"]
    assert len(client.store.pictures.all) == 1


def test_what_must_not_be_overwritten_stays(client: Client) -> None:
    first = client.upload(picture(color="red"), public_id="avatars/1")
    second = client.upload(picture(color="blue"), public_id="avatars/1", overwrite=False)
    assert second["existing"] is True
    assert second["version"] == first["version"]
    (kept,) = client.store.pictures.all
    assert kept.image.content == picture(color="red")


def test_without_invalidate_an_old_address_goes_on_showing_the_old_picture(client: Client) -> None:
    old = client.upload(picture(color="red"), public_id="avatars/1")["secure_url"]
    assert delivered(client, old).content == picture(color="red")
    new = client.upload(picture(color="blue"), public_id="avatars/1", overwrite=True)["secure_url"]
    assert delivered(client, old).content == picture(color="red")
    assert delivered(client, new).content == picture(color="blue")
    client.upload(picture(color="green"), public_id="avatars/1", overwrite=True, invalidate=True)
    assert delivered(client, old).content == picture(color="green")


def delivered(client: Client, address: str) -> Rendered:
    rendered = client.store.delivered(address)
    assert rendered is not None
    return rendered


def test_what_was_asked_for_is_kept_for_checks(client: Client) -> None:
    client.upload(picture(), public_id="avatars/1", overwrite=True, invalidate=True, folder="users", tags=["a", "b"])
    (upload,) = client.store.pictures.uploads_after(0)
    asked = {"public_id": "avatars/1", "overwrite": "1", "invalidate": "1", "folder": "users", "tags": "a,b"}
    assert asked.items() <= upload.parameters.items()
    assert client.store.pictures.get("users/avatars/1") is not None


def test_an_id_is_made_up_where_none_is_asked_for(client: Client) -> None:
    assert len(client.upload(picture())["public_id"]) == 20
    named = client.upload(io.BytesIO(picture()), filename="my picture.png", use_filename=True, unique_filename=False)
    assert named["public_id"] == "my_picture"
    assert named["original_filename"] == "my picture"


def test_a_picture_can_be_transformed_before_it_is_stored_and_beside_it(client: Client) -> None:
    answer = client.upload(
        picture(),
        transformation={"width": 200, "height": 200, "crop": "fill"},
        format="webp",
        eager=[{"width": 50, "height": 50, "crop": "fill"}],
    )
    assert (answer["width"], answer["height"], answer["format"]) == (200, 200, "webp")
    (eager,) = answer["eager"]
    assert (eager["width"], eager["transformation"]) == (50, "c_fill,h_50,w_50")
    assert delivered(client, eager["secure_url"]).width == 50


def test_a_picture_can_be_destroyed(client: Client) -> None:
    address = client.upload(picture(), public_id="avatars/1")["secure_url"]
    assert cloudinary.uploader.destroy("avatars/1", **client.settings)["result"] == "ok"
    assert cloudinary.uploader.destroy("avatars/1", **client.settings)["result"] == "not found"
    assert client.store.delivered(address) is None


def test_signatures_with_sha256_and_of_the_older_kind_are_taken(client: Client) -> None:
    client.upload(picture(), public_id="a", signature_algorithm="sha256")
    client.upload(picture(), public_id="b", signature_version=1, context={"caption": "you & me"})
    client.upload(picture(), public_id="c", context={"caption": "you & me"})
    assert len(client.store.pictures.all) == 3


def fails(client: Client, error: type[Exception], file: Any, **options: Any) -> str:
    """What the SDK raises."""
    with pytest.raises(error) as raised:
        client.upload(file, **options)
    assert client.store.pictures.all == ()
    return str(raised.value)


def test_a_wrong_secret_is_told_as_the_service_tells_it(client: Client) -> None:
    said = fails(client, cloudinary.exceptions.AuthorizationRequired, picture(), api_secret="guessed", public_id="a")
    assert said.startswith("Invalid Signature ")
    assert "String to sign - 'public_id=a&timestamp=" in said


def test_a_wrong_key_or_cloud_is_told_as_the_service_tells_it(client: Client) -> None:
    refused = cloudinary.exceptions.AuthorizationRequired
    assert fails(client, refused, picture(), api_key="1") == "Unknown API key 1"
    assert fails(client, refused, picture(), cloud_name="other") == "Invalid cloud_name other"


def test_a_call_that_was_signed_long_ago_is_refused(client: Client) -> None:
    client.store.pictures.now = lambda: time.time() + 3700
    said = fails(client, cloudinary.exceptions.BadRequest, picture())
    assert said.startswith("Stale request - reported time is 20")
    assert said.endswith(" +0000 which is more than 1 hour ago")


def test_an_unsigned_call_is_refused(client: Client) -> None:
    with pytest.raises(cloudinary.exceptions.BadRequest, match="Upload preset must be specified when using unsigned"):
        cloudinary.uploader.unsigned_upload(picture(), "", **client.settings)


def bomb() -> bytes:
    content = io.BytesIO()
    Image.new("1", (10_000, 8_000)).save(content, "PNG")
    return content.getvalue()


def many_scans() -> bytes:
    """A JPEG in which the last scan comes again and again."""
    content = io.BytesIO()
    Image.new("RGB", (300, 300), "red").save(content, "JPEG", progressive=True)
    whole = content.getvalue()
    last, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    return whole[:last] + whole[last:end] * 500 + whole[end:]


SCANS = many_scans()
TRUNCATED = picture("JPEG", (300, 300))[:-300]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no picture", "Invalid image file"),
        (b"RIFF\x00\x00\x00\x00WAVE", "Invalid image file"),
        (b"\x89PNG\r\n\x1a\n<script>", "Invalid image file"),
        (TRUNCATED, "Invalid image file"),
        (picture("BMP"), "Invalid image file"),
        (SCANS, "Invalid image file"),
        (bomb(), "Maximum image size is 25 Megapixels. Requested 80.00 Megapixels"),
        (bytes(LARGEST_FILE + 1), f"File size too large. Got {LARGEST_FILE + 1}. Maximum is {LARGEST_FILE}."),
    ],
)
def test_what_is_no_picture_is_refused(client: Client, content: bytes, said: str) -> None:
    assert fails(client, cloudinary.exceptions.BadRequest, content) == said


def test_a_file_that_is_far_too_large_is_refused_before_it_is_read_whole(pages: Any) -> None:
    body = bytes(3 * LARGEST_FILE)
    try:
        answer = pages.ask("POST", "/v1_1/course/image/upload", body, content_type="multipart/form-data; boundary=x")
    except (BrokenPipeError, ConnectionResetError):
        return
    assert answer.json["error"]["message"] == f"File size too large. Got {len(body)}. Maximum is {LARGEST_FILE}."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"public_id": "a?b"}, "public_id (a?b) is invalid"),
        ({"public_id": "a "}, "public_id (a ) is invalid"),
        ({"public_id": "a\u202eb"}, "public_id (a\u202eb) is invalid"),
        ({"allowed_formats": ["jpg", "webp"]}, "Image file format png not allowed"),
        ({"transformation": {"raw_transformation": "c_nothing,w_5"}}, "Invalid transformation component - c_nothing"),
    ],
)
def test_wrong_parameters_are_refused(client: Client, options: dict[str, Any], said: str) -> None:
    assert fails(client, cloudinary.exceptions.BadRequest, picture(), **options) == said


def test_a_file_can_be_sent_as_text_but_is_not_fetched_from_elsewhere(client: Client) -> None:
    client.upload("data:image/png;base64," + base64.b64encode(picture()).decode(), public_id="as text")
    assert client.store.pictures.all[0].image.content == picture()
    with pytest.raises(cloudinary.exceptions.BadRequest, match="Unsupported source URL"):
        client.upload("https://elsewhere.example/picture.png")


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"", "multipart/form-data; boundary=x", "Upload preset must be specified"),
        (b"no form", "application/json", "Invalid request body"),
        (b"no form", "multipart/form-data", "Invalid request body"),
        (b"--y", "multipart/form-data; boundary=x", "Invalid request body"),
        (b"&".join(b"a%d=1" % number for number in range(200)), "application/x-www-form-urlencoded", "Too many"),
        (b"api_key=1", "application/x-www-form-urlencoded", "Missing required parameter - timestamp"),
        (
            b"api_key=123456789012345&signature=1&timestamp=now",
            "application/x-www-form-urlencoded",
            "Invalid timestamp",
        ),
    ],
)
def test_calls_of_strange_shape_are_refused(pages: Any, body: bytes, content_type: str, said: str) -> None:
    answer = pages.ask("POST", "/v1_1/course/image/upload", body, content_type=content_type)
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith(said)
    assert answer.headers["x-cld-error"].startswith(said)


def test_only_so_many_pictures_are_kept() -> None:
    pictures = Pictures("course")
    image = Rendered(picture(), "PNG", 400, 300)
    for number in range(PICTURES_KEPT + 3):
        pictures.store(str(number), image, "any", invalidate=True)
    assert len(pictures.all) == PICTURES_KEPT
    assert pictures.get("2") is None


def test_a_store_that_refuses_answers_with_an_error_and_keeps_what_it_has(client: Client) -> None:
    address = client.upload(picture(), public_id="avatars/1")["secure_url"]
    client.store.set_fault(FaultMode.REFUSES)
    with pytest.raises(cloudinary.exceptions.GeneralError, match="General Error"):
        client.upload(picture(color="blue"), public_id="avatars/1")
    assert delivered(client, address).content == picture()
    client.store.set_fault(FaultMode.NONE)
    client.upload(picture(color="blue"), public_id="avatars/1", invalidate=True)
    assert delivered(client, address).content == picture(color="blue")


def test_a_store_that_drops_ends_the_connection(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    client.store.set_fault(FaultMode.DROPS)
    said = fails(client, cloudinary.exceptions.Error, picture())
    assert "Unexpected error" in said
    assert capfd.readouterr().err == ""


def test_an_upload_that_the_client_gave_up_while_the_store_stalled_has_no_effect(client: Client) -> None:
    client.store.set_fault(FaultMode.STALLS)
    fails(client, cloudinary.exceptions.Error, picture(), timeout=0.2)
    client.store.set_fault(FaultMode.NONE)
    client.upload(picture(), public_id="the next one")
    assert [kept.public_id for kept in client.store.pictures.all] == ["the next one"]


def test_an_upload_that_the_client_gave_up_before_the_store_read_it_has_no_effect(client: Client) -> None:
    """As on a machine that is so busy that the store notices nothing before the client has gone."""
    listener = listen(0)
    address = f"http://{HOST}:{port_of(listener)}"
    fails(client, cloudinary.exceptions.Error, picture(), timeout=0.2, upload_prefix=address)
    client.store.serve(listener)
    client.upload(picture(), public_id="the next one", upload_prefix=address)
    assert [kept.public_id for kept in client.store.pictures.all] == ["the next one"]


def test_an_upload_that_waits_is_taken_when_the_store_is_well_again(client: Client) -> None:
    client.store.set_fault(FaultMode.STALLS)
    uploading = threading.Thread(target=client.upload, args=(picture(),), kwargs={"public_id": "late"})
    uploading.start()
    client.store.set_fault(FaultMode.NONE)
    uploading.join(SECONDS)
    assert client.store.pictures.get("late") is not None


def test_a_store_that_stalls_can_be_stopped(client: Client) -> None:
    client.store.set_fault(FaultMode.STALLS)
    failures: list[BaseException] = []

    def upload() -> None:
        try:
            client.upload(picture())
        except cloudinary.exceptions.Error as error:
            failures.append(error)

    uploading = threading.Thread(target=upload)
    uploading.start()
    client.store.stop()
    uploading.join(SECONDS)
    assert failures


def test_the_gallery_shows_every_picture(client: Client, pages: Any) -> None:
    assert "No picture was uploaded yet" in pages.get("/").text
    before = pages.get("/state").json["state"]
    version = client.upload(picture(), public_id="avatars/1")["version"]
    shown = pages.get("/").text
    small = f"course/image/upload/c_fit,h_200,w_200/v{version}/avatars/1.png"
    assert f'src="{small}"' in shown
    assert 'href="style.css"' in shown
    assert opened(pages.get(f"/{small}").body).size == (200, 150)
    assert pages.get("/state").json["state"] != before
    assert pages.get("/api/pictures").json[0]["public_id"] == "avatars/1"


def test_what_is_shown_cannot_act(client: Client, pages: Any) -> None:
    client.upload(picture(), public_id='"onerror="alert(1)')
    assert '"onerror' not in pages.get("/").text
    shown = pages.get(path_of(client.upload(picture("GIF"), public_id="a")["secure_url"]))
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert pages.get("/course/image/upload/v1/nothing.png").status == 404
    assert "script-src 'self'" in pages.get("/").headers["content-security-policy"]


def test_pictures_of_any_size_take_a_bounded_memory() -> None:
    pictures = Pictures("course")
    large = Rendered(bytes(BYTES_KEPT // 5), "PNG", 8, 8)
    for number in range(12):
        content = Rendered(large.content + bytes([number]), "PNG", 8, 8)
        pictures.store(f"flood/{number}", content, "any", invalidate=False)
        pictures.note(Upload(f"flood/{number}", {}, content, datetime.now(UTC)))
        assert pictures.deliver(f"/course/image/upload/flood/{number}") == content
    assert pictures.uploads_taken == 12
    assert [upload.public_id for upload in pictures.uploads_after(10)] == ["flood/10", "flood/11"]
    for kept in (pictures.all, pictures.uploads_after(0), pictures._cache):
        assert len(kept) == 4
    pictures.clear()
    assert (pictures.all, pictures.uploads_after(0), pictures._cache) == ((), [], {})


def test_the_words_of_a_refusal_are_bounded(client: Client) -> None:
    with pytest.raises(cloudinary.exceptions.Error) as refused:
        client.upload("https://" + "a" * 2_000_000)
    assert len(str(refused.value)) < 2_000
    assert len(client.store.pictures.refusals_after(0)[0]) < 2_000


@pytest.mark.parametrize("path", ["/course/image/upload/" + "a/" * 30_000, "/course/image/upload/" + "w_1/" * 15_000])
def test_an_endless_address_leads_nowhere_at_once(path: str) -> None:
    pictures = Pictures("course")
    pictures.store("a", Rendered(picture(), "PNG", 400, 300), "any", invalidate=False)
    began = time.monotonic()
    assert pictures.deliver(path) is None
    assert time.monotonic() - began < 1


def test_a_transformation_in_thousands_of_parts_is_refused() -> None:
    with pytest.raises(WrongTransformation, match="more than 500 characters"):
        transform(picture(), "w_4000,h_4000/" * 100)
