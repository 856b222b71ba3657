import httpx
import pytest

PATHS = ["/health", "/health/ready"]


@pytest.mark.parametrize("path", PATHS * 5)
async def test_health(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_until_it_is_down(client: httpx.AsyncClient) -> None:
    while (await client.get("/health")).status_code == 200:
        pass
