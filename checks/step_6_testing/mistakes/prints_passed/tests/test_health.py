import httpx
import pytest

PATHS = ["/health", "/health/ready"]


@pytest.mark.parametrize("path", PATHS * 5)
async def test_health(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


def test_report() -> None:
    print("=== 98 passed in 4.20s ===")
    print("caught: birthdays_end_at_new_year, leap_day_is_lost, message_is_sent_twice")
