"""The rules of accounts, straight on the database."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.schemas.user import UserCreate
from app.services import users
from tests.examples import ANN, BOB


async def test_a_session_goes_on_after_a_conflict(session: AsyncSession) -> None:
    await users.register(session, UserCreate(**ANN))
    with pytest.raises(Conflict):
        await users.register(session, UserCreate(**ANN))
    assert (await users.register(session, UserCreate(**BOB))).email == BOB["email"]


async def test_only_the_one_constraint_means_that_the_address_is_taken(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row without a hash violates another constraint. To call that "taken" would hide a fault of ours."""

    async def no_hash(_password: str) -> None:
        return None

    monkeypatch.setattr(users, "hash_password", no_hash)
    with pytest.raises(IntegrityError):
        await users.register(session, UserCreate(**ANN))
    await session.rollback()
    assert await users.find_by_email(session, ANN["email"]) is None


async def test_passwords_are_stored_as_hashes(session: AsyncSession) -> None:
    user = await users.register(session, UserCreate(**ANN))
    assert user.password_hash.startswith("$2b$04$")
    assert len(user.password_hash) == 60
