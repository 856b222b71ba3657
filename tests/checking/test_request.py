"""What a request sends, and the words in which a student reads it."""

import pytest
from python_multipart.multipart import File as ParsedFile
from python_multipart.multipart import create_form_parser

from courseware.checking import File, Request

MIB = 1024 * 1024


def parsed(request: Request) -> dict[str, tuple[str, bytes]]:
    """The files of a request as a server reads them: by field, with their names."""
    files: dict[str, tuple[str, bytes]] = {}

    def take(file: ParsedFile) -> None:
        file.file_object.seek(0)
        assert file.field_name is not None
        assert file.file_name is not None
        files[file.field_name.decode()] = (file.file_name.decode(), file.file_object.read())
        file.close()

    headers = {name: value.encode() for name, value in request.all_headers().items()}
    parser = create_form_parser(headers, lambda _: None, take)
    parser.write(request.body())
    parser.finalize()
    return files


def upload(file: File, **more: object) -> Request:
    return Request("POST", "/avatar", files={"file": file}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\r\n--boundary\r\n--", bytes(3 * MIB)])
def test_files_arrive_as_they_were_sent(content: bytes) -> None:
    assert parsed(upload(File(content))) == {"file": ("picture.png", content)}


def test_names_may_hold_anything() -> None:
    name = 'кіт "x"\r\n../../etc/passwd.png'
    assert parsed(upload(File(b"x", name)))["file"][0] == name.replace('"', "%22").replace("\r\n", "%0D%0A")


def test_several_files_and_none() -> None:
    files = {"file": File(b"1", "a.png"), "other": File(b"2", "b.png")}
    assert parsed(Request("POST", "/", files=files)) == {"file": ("a.png", b"1"), "other": ("b.png", b"2")}
    assert parsed(Request("POST", "/", files={})) == {}


def test_the_same_files_make_the_same_body() -> None:
    file = File(b"\x00\xff")
    assert upload(file).body() == upload(file).body()


def test_the_length_is_announced_unless_the_body_is_chunked() -> None:
    request = upload(File(b"x"))
    assert request.all_headers()["Content-Length"] == str(len(request.body()))
    chunked = upload(File(b"x"), chunked=True).all_headers()
    assert chunked["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in chunked


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1536, "1.5 KiB"),
        (2 * MIB, "2 MiB"),
        (2 * MIB + 1, "2,097,153 bytes"),
    ],
)
def test_a_file_is_told_in_short_words(size: int, words: str) -> None:
    assert str(upload(File(bytes(size)))) == f"POST /avatar file=picture.png (image/png, {words})"


def test_what_is_unusual_about_an_upload_is_told() -> None:
    request = upload(File(bytes(4 * MIB), "b.gif", "image/gif"), chunked=True, stops_after=3 * MIB)
    assert str(request) == (
        "POST /avatar file=b.gif (image/gif, 4 MiB), without a Content-Length, of which the first 3 MiB are sent"
    )
    assert str(Request("POST", "/avatar", files={})) == "POST /avatar an empty form"


def test_other_bodies_are_told_as_text() -> None:
    assert str(Request("POST", "/things", json={"name": "Олена"})) == 'POST /things {"name": "Олена"}'
    assert str(Request("GET", "/things", query={"q": "%"})) == "GET /things?q=%"
