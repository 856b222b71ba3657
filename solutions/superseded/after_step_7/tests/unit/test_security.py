"""Tokens and password hashes. The clock is moved instead of waiting."""

from datetime import timedelta

import jwt
import pytest
import time_machine

from app.core import clock
from app.core.config import Settings
from app.core.errors import BadRequest, Unauthorized
from app.core.security import Purpose, create_token, hash_password, password_matches, read_mailed_token, read_token

pytestmark = pytest.mark.usefixtures("settings")

LIFETIMES = [
    (Purpose.ACCESS, timedelta(minutes=30)),
    (Purpose.REFRESH, timedelta(days=7)),
    (Purpose.EMAIL_VERIFY, timedelta(hours=24)),
]
SECOND = timedelta(seconds=1)


def forge(token: str, key: str, **changes: str) -> str:
    """The claims of a token, changed and signed with another key."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims | changes, key, "HS256")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_serves_its_own_purpose_and_no_other(purpose: Purpose) -> None:
    token = create_token(7, purpose)
    assert read_token(token, purpose).sub == 7
    for other in set(Purpose) - {purpose}:
        with pytest.raises(Unauthorized):
            read_token(token, other)


def test_the_purpose_is_read_even_if_the_key_is_right(settings: Settings) -> None:
    """Each purpose has a separate key. If two settings hold the same key, only the claim tells the tokens apart."""
    key = settings.jwt_secret_key.get_secret_value()
    with pytest.raises(Unauthorized):
        read_token(forge(create_token(7, Purpose.ACCESS), key, purpose="refresh"), Purpose.ACCESS)


def test_a_token_signed_with_another_key_is_refused() -> None:
    with pytest.raises(Unauthorized):
        read_token(forge(create_token(7, Purpose.ACCESS), "a key that the application does not use"), Purpose.ACCESS)


@pytest.mark.parametrize(("purpose", "lifetime"), LIFETIMES)
def test_a_token_expires(purpose: Purpose, lifetime: timedelta) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        token = create_token(7, purpose)
        moment.shift(lifetime - SECOND)
        assert read_token(token, purpose).sub == 7
        moment.shift(2 * SECOND)
        with pytest.raises(Unauthorized):
            read_token(token, purpose)


def test_an_expired_link_says_so() -> None:
    token = create_token(7, Purpose.EMAIL_VERIFY)
    tomorrow = clock.now() + timedelta(hours=24) + SECOND
    with time_machine.travel(tomorrow), pytest.raises(BadRequest) as refused:
        read_mailed_token(token, Purpose.EMAIL_VERIFY)
    assert refused.value.code == "expired_token"


async def test_only_the_right_password_matches_its_hash() -> None:
    """bcrypt alone reads 72 bytes and ignores the rest, so these passwords are longer."""
    stored = await hash_password("a" * 100 + "b")
    assert await password_matches("a" * 100 + "b", stored)
    assert not await password_matches("a" * 100 + "c", stored)
