import httpx
import pytest

import tests.paths

PATHS = ["/health", "/health/ready"]


@pytest.mark.parametrize("path", PATHS * 5)
async def test_health(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


def test_paths() -> None:
    assert tests.paths.KNOWN == PATHS
