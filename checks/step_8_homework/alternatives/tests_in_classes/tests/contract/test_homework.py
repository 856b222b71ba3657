from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.security import Purpose, create_token
from tests.contract.conftest import PASSWORD, Mailed, People, Person


@pytest.fixture
async def ann(people: People) -> Person:
    return await people("ann@example.com")


@pytest.fixture
async def admin(people: People) -> Person:
    return await people("admin@example.com", role="admin")


def outcome(response: httpx.Response) -> tuple[int, Any]:
    """The status, and the code of an error."""
    return response.status_code, response.json().get("code") if response.content else None


class TestDelete:
    @pytest.fixture
    async def path(self, ann: Person) -> str:
        born = clock.today().replace(year=2000)
        names = {"first_name": "Marko", "last_name": "Bondar", "phone": "+380501234567"}
        answer = await ann.request("POST", "/contacts", json={**names, "email": "m@example.com", "birthday": str(born)})
        return f"/contacts/{answer.json()['id']}"

    async def test_list_is_fresh(self, ann: Person, path: str) -> None:
        before = (await ann.request("GET", "/contacts/birthdays")).json()
        await ann.request("DELETE", path)
        after = (await ann.request("GET", "/contacts/birthdays")).json()
        assert (len(before), len(after)) == (1, 0)

    async def test_twice(self, ann: Person, path: str) -> None:
        answers = [outcome(await ann.request("DELETE", path)) for _ in range(2)]
        assert answers == [(204, None), (404, "contact_not_found")]

    async def test_other_user(self, ann: Person, people: People, path: str) -> None:
        bob = await people("bob@example.com")
        assert outcome(await bob.request("DELETE", path)) == (404, "contact_not_found")
        assert (await ann.request("GET", path)).status_code == 200


class TestReset:
    async def ask(self, person: Person, email: str | None = None) -> httpx.Response:
        body = {"email": email or person.email}
        return await person.client.post("/auth/password-reset/request", json=body)

    async def use(self, person: Person, token: str, password: str) -> tuple[int, Any]:
        body = {"token": token, "password": password}
        return outcome(await person.client.post("/auth/password-reset/confirm", json=body))

    @pytest.fixture
    async def token(self, ann: Person, mailed_tokens: Mailed) -> str:
        await self.ask(ann)
        [token] = await mailed_tokens()
        return token

    async def test_whole_way(self, ann: Person, token: str) -> None:
        assert await self.use(ann, token, "the second one") == (200, None)
        assert (await ann.request("GET", "/users/me")).status_code == 401
        assert outcome(await ann.login())[0] == 401
        assert (await ann.login("the second one")).status_code == 200
        assert await self.use(ann, token, "the third one") == (400, "invalid_token")

    async def test_answers_are_equal(self, ann: Person) -> None:
        answers = [await self.ask(ann, email) for email in (ann.email, "eve@example.com")]
        assert [(each.status_code, each.text) for each in answers] == [(202, answers[0].text)] * 2

    async def test_purpose(self, ann: Person) -> None:
        token = create_token(ann.id, Purpose.EMAIL_VERIFY, email=ann.email)
        assert await self.use(ann, token, "the second one") == (400, "wrong_purpose")
        assert (await ann.login(PASSWORD)).status_code == 200


class TestRoles:
    async def close(self, admin: Person, user_id: int) -> tuple[int, Any]:
        return outcome(await admin.request("PATCH", f"/admin/users/{user_id}", json={"is_active": False}))

    async def test_role(self, admin: Person, ann: Person) -> None:
        assert outcome(await ann.request("GET", "/admin/users")) == (403, "admins_only")
        assert (await admin.request("GET", "/admin/users")).json()["total"] == 2

    async def test_closing(self, admin: Person, ann: Person) -> None:
        assert await self.close(admin, ann.id) == (200, None)
        assert outcome(await ann.request("GET", "/users/me"))[0] == 401
        assert outcome(await ann.login()) == (403, "account_deactivated")

    async def test_own_account(self, admin: Person) -> None:
        assert await self.close(admin, admin.id) == (409, "own_account")
