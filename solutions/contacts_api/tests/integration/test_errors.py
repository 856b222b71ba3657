"""Every error has one shape, whoever raises it, and gives nothing away."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import User
from tests.examples import ANN, contact, problem_fields

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/health", 405, "method_not_allowed"),
        ("GET", "/users/me", 401, "not_authenticated"),
    ],
)
async def test_all_errors_have_one_shape(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    body = answer.json()
    assert body.keys() == {"detail", "code"}
    assert body["code"] == code
    assert body["detail"]


async def test_a_slash_at_the_end_makes_another_path_and_no_redirect(client: httpx.AsyncClient) -> None:
    """A redirect names the host of the request, which is whatever the client has sent."""
    answer = await client.get("/contacts/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "evil.example" not in str(answer.headers)


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    assert (await client.put("/health")).headers["Allow"] == "GET"


async def test_what_nobody_expected_is_a_500_that_tells_nothing(
    client: httpx.AsyncClient, application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application.state, "sessions", None)
    answer = await client.post("/auth/register", json=ANN)
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Something went wrong on our side.", "code": "internal_error"}


async def test_a_422_lists_every_field_and_echoes_no_value(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/auth/register", json={"email": "hush-address", "password": "hush", "full_name": ["hush"], "extra": "hush"}
    )
    assert set(problem_fields(answer)) == {"body.email", "body.password", "body.full_name", "body.extra"}
    assert answer.json().keys() == {"detail", "code", "errors"}
    assert all(error.keys() == {"field", "message"} for error in answer.json()["errors"])
    assert "hush" not in answer.text


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/register", "/auth/resend-verification"])
async def test_a_body_of_too_many_fields_is_one_error(client: httpx.AsyncClient, path: str) -> None:
    """A body of one megabyte has room for 100,000. To describe what is wrong with each takes seconds."""
    answer = await client.post(path, json=dict.fromkeys(map(str, range(1000)), 1))
    assert problem_fields(answer) == ["body"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b'{"email": NaN}'])
async def test_a_body_of_another_form_is_a_422(client: httpx.AsyncClient, body: bytes) -> None:
    fields = problem_fields(await client.post("/auth/register", content=body, headers=JSON))
    assert all(field.startswith("body") for field in fields)


@pytest.mark.parametrize("body", [b'{"email": "\xff"}', b"[" * 100_000, b'{"email": ' + b"9" * 5000 + b"}"])
async def test_a_body_that_cannot_be_read_is_no_failure_of_ours(client: httpx.AsyncClient, body: bytes) -> None:
    fields = problem_fields(await client.post("/auth/register", content=body, headers=JSON))
    assert all(field.startswith("body") for field in fields)


async def test_a_form_that_cannot_be_read_is_no_failure_of_ours(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await client.post("/auth/login", content=b"--x\r\n: \r\n\r\n--x--", headers=headers)
    assert problem_fields(answer) == ["body"]


@pytest.mark.parametrize("text", [r"\u0000", r"a\u0000b", r"\ud800", r"\udc00\ud800"])
@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "phone", "notes"])
async def test_text_that_no_database_can_store_is_refused(ann: httpx.AsyncClient, field: str, text: str) -> None:
    created = await ann.post("/contacts", json=contact())
    body = f'{{"{field}": "{text}"}}'.encode()
    answer = await ann.patch(f"/contacts/{created.json()['id']}", content=body, headers=JSON)
    assert problem_fields(answer) == [f"body.{field}"]


@pytest.mark.parametrize("field", ["email", "password", "full_name"])
async def test_half_a_character_is_refused_in_an_account_too(client: httpx.AsyncClient, field: str) -> None:
    values = {name: f'"{value}"' for name, value in (ANN | {"full_name": "Ann"}).items()} | {field: r'"\ud800aaaaaaa"'}
    body = "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"
    assert problem_fields(await client.post("/auth/register", content=body.encode(), headers=JSON)) == [f"body.{field}"]


async def test_half_a_character_in_a_token_is_no_failure_of_ours(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/refresh", content=rb'{"refresh_token": "\ud800"}', headers=JSON)
    assert problem_fields(answer) == ["body.refresh_token"]


async def test_a_login_form_in_a_strange_encoding_is_no_failure_of_ours(client: httpx.AsyncClient) -> None:
    lines = []
    for name, value in (("username", r"\ud800"), ("password", r"\ud800")):
        lines += ["--x", f'Content-Disposition: form-data; name="{name}"', "", value]
    answer = await client.post(
        "/auth/login",
        content="\r\n".join([*lines, "--x--", ""]).encode(),
        headers={"Content-Type": "multipart/form-data; boundary=x; charset=unicode_escape"},
    )
    assert answer.status_code in (401, 422)


async def test_half_a_character_in_the_name_of_a_field_is_no_failure_of_ours(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/register", content=rb'{"\ud800": 1}', headers=JSON)
    assert problem_fields(answer) == ["body"]


async def test_a_contact_that_vanishes_while_it_is_changed_is_a_404(ann: httpx.AsyncClient) -> None:
    created = await ann.post("/contacts", json=contact())

    def vanish(session: Session, *_: object) -> None:
        session.execute(text("DELETE FROM contacts"))

    event.listen(Session, "before_flush", vanish)
    try:
        answer = await ann.patch(f"/contacts/{created.json()['id']}", json={"phone": "112"})
    finally:
        event.remove(Session, "before_flush", vanish)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_failing_query_logs_no_values(application: FastAPI) -> None:
    async with application.state.sessions() as session:
        session.add(User(email="ann@example.com", password_hash="hush"))
        session.add(User(email="ann@example.com", password_hash="hush"))
        with pytest.raises(IntegrityError) as error:
            await session.commit()
    assert "hush" not in str(error.value)
