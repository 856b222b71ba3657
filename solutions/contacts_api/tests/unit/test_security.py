"""Passwords and tokens."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import jwt
import pytest
import time_machine

from app.core import security
from app.core.config import TOKEN_KEYS, get_settings
from app.core.errors import BadRequest, Unauthorized
from app.core.security import (
    LIFETIMES,
    Purpose,
    create_token,
    hash_password,
    password_matches,
    read_mailed_token,
    read_token,
)

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


async def test_a_hash_matches_its_password_and_no_other() -> None:
    stored = await hash_password("correct horse")
    assert await password_matches("correct horse", stored)
    assert not await password_matches("Correct horse", stored)
    assert "correct horse" not in stored


async def test_the_same_password_has_two_hashes() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")


async def test_all_128_letters_of_any_alphabet_count() -> None:
    stored = await hash_password("ї" * 128)
    assert await password_matches("ї" * 128, stored)
    assert not await password_matches("ї" * 127 + "i", stored)


async def test_a_letter_is_the_same_however_the_keyboard_puts_it_together() -> None:
    stored = await hash_password("пароль з й")
    assert await password_matches("пароль з и\N{COMBINING BREVE}", stored)


async def test_a_text_that_is_too_long_for_a_password_is_not_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    """The login form limits no password, and to normalize a megabyte of accents takes minutes in the event loop."""
    stored = await hash_password("correct horse")
    monkeypatch.setattr(security, "_prehash", lambda _password: pytest.fail("the whole text was read"))
    assert not await password_matches("a" * 1025, stored)
    assert not await password_matches("a" * 1025, None)


async def test_a_hash_of_fewer_rounds_still_matches(settings: pytest.MonkeyPatch) -> None:
    stored = await hash_password("correct horse")
    settings.setenv("BCRYPT_ROUNDS", "6")
    get_settings.cache_clear()
    assert await password_matches("correct horse", stored)
    assert not await password_matches("Correct horse", stored)


async def test_an_unknown_user_costs_a_real_comparison(settings: pytest.MonkeyPatch) -> None:
    """bcrypt must accept the stand-in for a hash and compare with it: a broken one is refused at once."""
    settings.setenv("BCRYPT_ROUNDS", "5")
    get_settings.cache_clear()
    compared: list[bytes] = []

    def compare(_password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return False

    assert not await password_matches("whatever", None)
    settings.setattr("bcrypt.checkpw", compare)
    assert not await password_matches("whatever", None)
    assert compared[0].startswith(b"$2b$05$")
    assert len(compared[0]) == len(await hash_password("whatever"))


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_tells_who_and_what_for_and_until_when(purpose: Purpose) -> None:
    with time_machine.travel(NOW, tick=False):
        claims = read_token(create_token(7, purpose), purpose)
    assert claims.sub == 7
    assert claims.purpose == purpose
    assert claims.iat == NOW
    assert claims.exp == NOW + LIFETIMES[purpose]


def test_no_two_tokens_are_alike() -> None:
    assert create_token(7, Purpose.ACCESS) != create_token(7, Purpose.ACCESS)


@pytest.mark.parametrize(
    ("purpose", "lifetime"),
    [
        (Purpose.ACCESS, timedelta(minutes=30)),
        (Purpose.REFRESH, timedelta(days=7)),
        (Purpose.EMAIL_VERIFY, timedelta(hours=24)),
    ],
)
def test_a_token_lives_as_long_as_promised(purpose: Purpose, lifetime: timedelta) -> None:
    with time_machine.travel(NOW, tick=False):
        token = create_token(7, purpose)
    with time_machine.travel(NOW + lifetime - timedelta(seconds=1), tick=False):
        assert read_token(token, purpose).sub == 7
    with time_machine.travel(NOW + lifetime, tick=False), pytest.raises(Unauthorized):
        read_token(token, purpose)


@pytest.mark.parametrize(("made_for", "used_for"), list(permutations(Purpose, 2)))
def test_a_token_for_one_purpose_serves_no_other(made_for: Purpose, used_for: Purpose) -> None:
    with pytest.raises(Unauthorized):
        read_token(create_token(7, made_for), used_for)


def test_the_purpose_counts_even_if_two_purposes_shared_a_key(settings: pytest.MonkeyPatch) -> None:
    for name in TOKEN_KEYS:
        settings.setenv(name.upper(), "one-and-the-same-key-for-all-purposes")
    get_settings.cache_clear()
    for made_for, used_for in permutations(Purpose, 2):
        with pytest.raises(Unauthorized):
            read_token(create_token(7, made_for), used_for)


def mailed_code(token: str) -> str:
    """Why a token is not one that verifies an address."""
    with pytest.raises(BadRequest) as refusal:
        read_mailed_token(token, Purpose.EMAIL_VERIFY)
    return refusal.value.code


def test_a_token_from_a_mailbox_tells_its_address() -> None:
    token = create_token(7, Purpose.EMAIL_VERIFY, email="ann@example.com")
    assert read_mailed_token(token, Purpose.EMAIL_VERIFY).email == "ann@example.com"


def test_a_token_from_a_mailbox_is_refused_with_the_reason() -> None:
    with time_machine.travel(NOW, tick=False):
        old = create_token(7, Purpose.EMAIL_VERIFY)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert mailed_code(old) == "expired_token"
    assert mailed_code("nonsense") == "invalid_token"
    assert mailed_code(create_token(7, Purpose.ACCESS)) == "wrong_purpose"
    assert mailed_code(create_token(7, Purpose.REFRESH)) == "wrong_purpose"
    assert mailed_code(forged(key="a-key-that-somebody-else-made-up-by-hand")) == "invalid_token"


def forged(*, key: str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """An access token with something changed; None takes a claim away."""
    now = datetime.now(UTC)
    claims = {"sub": "7", "purpose": "access", "jti": "x", "iat": now, "exp": now + timedelta(minutes=5)} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key or get_settings().jwt_secret_key.get_secret_value(), algorithm)


def test_a_token_from_elsewhere_with_the_right_key_and_claims_would_be_read() -> None:
    """So the refusals below are for the one thing that each of them changes."""
    assert read_token(forged(), Purpose.ACCESS).sub == 7


@pytest.mark.parametrize("claim", ["sub", "purpose", "jti", "iat", "exp"])
def test_every_claim_is_demanded(claim: str) -> None:
    without: dict[str, Any] = {claim: None}
    with pytest.raises(Unauthorized):
        read_token(forged(**without), Purpose.ACCESS)


@pytest.mark.parametrize("sub", ["ann@example.com", "", "0", "-1", "9" * 30])
def test_the_subject_is_an_id(sub: str) -> None:
    with pytest.raises(Unauthorized):
        read_token(forged(sub=sub), Purpose.ACCESS)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("not.a.token", id="nonsense"),
        pytest.param("ї.ї.ї", id="not ASCII"),
        pytest.param(forged(key="a-key-that-somebody-else-made-up-by-hand"), id="foreign key"),
        pytest.param(forged(algorithm="HS512", key="x" * 64), id="foreign algorithm"),
        pytest.param(jwt.encode({"sub": "7", "purpose": "access"}, "", "none"), id="unsigned"),
    ],
)
def test_what_we_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized):
        read_token(token, Purpose.ACCESS)


def test_the_algorithm_counts_even_with_our_key(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("JWT_SECRET_KEY", "k" * 64)
    get_settings.cache_clear()
    assert read_token(forged(), Purpose.ACCESS).sub == 7
    with pytest.raises(Unauthorized):
        read_token(forged(algorithm="HS512"), Purpose.ACCESS)


def test_a_token_of_a_server_whose_clock_is_ahead_is_accepted() -> None:
    """Of two servers, one issues a token and the other one reads it."""
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        token = create_token(1, Purpose.ACCESS)
    with time_machine.travel(NOW, tick=False):
        assert read_token(token, Purpose.ACCESS).sub == 1
