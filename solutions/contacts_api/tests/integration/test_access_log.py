"""What the server writes down about requests."""

import logging

import httpx
import pytest
from fastapi import FastAPI

from tests.examples import ANN
from tests.http_server import serving
from tests.mailbox import Mailbox


async def test_the_list_of_requests_shows_no_token(
    application: FastAPI, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="uvicorn.access"):
        async with serving(application) as url, httpx.AsyncClient(base_url=url) as client:
            await client.post("/auth/register", json=ANN)
            token = (await mailbox.next_link(ANN["email"])).rsplit("/", 1)[-1]
            assert (await client.get(f"/auth/verify/{token}?from=mail")).status_code == 200
    assert '"POST /api/v1/auth/register HTTP/1.1" 201' in caplog.text
    assert '"GET /api/v1/auth/verify/...?from=mail HTTP/1.1" 200' in caplog.text
    assert token not in caplog.text
