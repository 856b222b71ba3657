from tests.contract.conftest import People


async def test_the_first_user_has_the_id_1(people: People) -> None:
    assert (await people("ann@example.com")).id == 1
