"""Roles: what admins may do, and what happens to a user whose account is deactivated."""

import httpx

from tests.contract.conftest import People, Person


async def set_active(admin: Person, user_id: int, active: bool) -> httpx.Response:
    return await admin.request("PATCH", f"/admin/users/{user_id}", json={"is_active": active})


async def test_only_admins_see_all_users(people: People) -> None:
    admin, ann = await people("admin@example.com", role="admin"), await people("ann@example.com")
    page = (await admin.request("GET", "/admin/users")).json()
    assert [each["email"] for each in page["items"]] == [admin.email, ann.email]
    refused = await ann.request("GET", "/admin/users")
    assert (refused.status_code, refused.json()["code"]) == (403, "admins_only")


async def test_a_deactivated_user_is_out_at_once(people: People) -> None:
    admin, ann = await people("admin@example.com", role="admin"), await people("ann@example.com")
    assert (await set_active(admin, ann.id, False)).status_code == 200
    assert (await ann.request("GET", "/users/me")).status_code == 401
    login = await ann.login()
    assert (login.status_code, login.json()["code"]) == (403, "account_deactivated")


async def test_no_admin_deactivates_the_own_account(people: People) -> None:
    admin = await people("admin@example.com", role="admin")
    answer = await set_active(admin, admin.id, False)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")
    assert (await admin.request("GET", "/admin/users")).status_code == 200
