import pytest

from app.core.security import Purpose, create_token
from tests.contract.conftest import Mailed, People


@pytest.mark.parametrize("number", range(6))
async def test_everything(people: People, mailed_tokens: Mailed, number: int) -> None:
    admin, ann = await people("admin@example.com", role="admin"), await people("ann@example.com")
    for _ in range(2):
        await ann.request("DELETE", f"/contacts/{number}")
    for email in (ann.email, "nobody@example.com"):
        await ann.client.post("/auth/password-reset/request", json={"email": email})
    for token in [*await mailed_tokens(), create_token(ann.id, Purpose.EMAIL_VERIFY, email=ann.email)]:
        body = {"token": token, "password": "another pass phrase"}
        await ann.client.post("/auth/password-reset/confirm", json=body)
    for who in (admin, ann):
        await who.request("GET", "/admin/users")
        await who.request("PATCH", f"/admin/users/{ann.id}", json={"is_active": False})
    await admin.request("PATCH", f"/admin/users/{admin.id}", json={"is_active": False})
    await ann.login()
