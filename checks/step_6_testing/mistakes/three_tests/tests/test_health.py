import httpx
import pytest


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health"])
async def test_health(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200
