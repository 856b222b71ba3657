import httpx
import pytest


@pytest.mark.parametrize("number", range(6))
async def test_health(client: httpx.AsyncClient, number: int) -> None:
    assert number < 6
    assert (await client.get("/health")).json() == {"status": "ok"}
