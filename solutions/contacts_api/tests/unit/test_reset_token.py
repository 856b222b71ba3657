"""The token with which a user sets a new password."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.core.errors import BadRequest
from app.core.security import Purpose, create_token, read_mailed_token

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_it_lives_for_half_an_hour() -> None:
    with time_machine.travel(NOW, tick=False):
        token = create_token(7, Purpose.PASSWORD_RESET)
    with time_machine.travel(NOW + timedelta(minutes=29, seconds=59), tick=False):
        assert read_mailed_token(token, Purpose.PASSWORD_RESET).sub == 7
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False), pytest.raises(BadRequest) as refusal:
        read_mailed_token(token, Purpose.PASSWORD_RESET)
    assert refusal.value.code == "expired_token"


def test_it_verifies_no_address() -> None:
    with pytest.raises(BadRequest) as refusal:
        read_mailed_token(create_token(7, Purpose.PASSWORD_RESET), Purpose.EMAIL_VERIFY)
    assert refusal.value.code == "wrong_purpose"
