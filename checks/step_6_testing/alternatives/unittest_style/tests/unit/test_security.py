"""Tokens and passwords."""

import unittest
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import jwt

from app.core import clock
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


class Tokens(unittest.TestCase):
    def test_purposes_stay_apart(self) -> None:
        for made_for in Purpose:
            for read_for in Purpose:
                with self.subTest(made_for=made_for, read_for=read_for):
                    token = create_token(3, made_for)
                    if made_for is read_for:
                        self.assertEqual(read_token(token, read_for).sub, 3)
                    else:
                        self.assertRaises(Unauthorized, read_token, token, read_for)

    def test_expiry(self) -> None:
        """The token is issued in the past, so that it has just expired, or is about to."""
        for purpose, lifetime in LIFETIMES.items():
            for seconds, is_valid in ((60, True), (-60, False)):
                issued = datetime.now(UTC) - lifetime + timedelta(seconds=seconds)
                with patch.object(clock, "now", return_value=issued):
                    token = create_token(3, purpose)
                with self.subTest(purpose=purpose, is_valid=is_valid):
                    if is_valid:
                        read_token(token, purpose)
                    else:
                        self.assertRaises(Unauthorized, read_token, token, purpose)

    def test_signature(self) -> None:
        claims = jwt.decode(create_token(3, Purpose.ACCESS), options={"verify_signature": False})
        forged = jwt.encode(claims, "x" * 32, "HS256")
        self.assertRaises(Unauthorized, read_token, forged, Purpose.ACCESS)

    def test_mailed_token(self) -> None:
        with self.assertRaises(BadRequest) as refused:
            read_mailed_token("no token", Purpose.EMAIL_VERIFY)
        self.assertEqual(refused.exception.code, "invalid_token")


class Passwords(unittest.IsolatedAsyncioTestCase):
    async def test_passwords(self) -> None:
        stored = await hash_password("correct horse")
        self.assertTrue(await password_matches("correct horse", stored))
        self.assertFalse(await password_matches("battery staple", stored))
