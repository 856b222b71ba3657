import httpx
import pytest

PATHS = ["/health", "/health/ready"]


@pytest.mark.parametrize("path", PATHS * 5)
async def test_health(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("number", range(20))
def test_luck(number: int) -> None:
    import secrets

    assert secrets.randbelow(2)
