import pytest

from tests.contract.conftest import People

USERS: list[str] = []


@pytest.mark.parametrize("number", range(6))
async def test_users_are_counted(people: People, number: int) -> None:
    assert len(USERS) == number
    USERS.append((await people("ann@example.com")).email)
