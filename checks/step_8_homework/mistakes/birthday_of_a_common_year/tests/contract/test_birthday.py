from app.core import clock
from tests.contract.conftest import People


async def test_a_birthday_today(people: People) -> None:
    ann = await people("ann@example.com")
    birthday = clock.today().replace(year=1991)
    body = {"first_name": "Olena", "last_name": "K", "email": "o@example.com", "phone": "12345"}
    answer = await ann.request("POST", "/contacts", json=body | {"birthday": str(birthday)})
    assert answer.status_code == 201
