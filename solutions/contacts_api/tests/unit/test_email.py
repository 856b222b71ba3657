"""What the mail library is told."""

import pytest

from app.core.config import Settings
from app.services.email import _connection

OTHERS = {
    "MAIL_PORT": "1111",
    "MAIL_FROM_NAME": "Somebody else",
    "USE_CREDENTIALS": "false",
    "VALIDATE_CERTS": "false",
    "CERT_BUNDLE": "/nowhere.pem",
    "LOCAL_HOSTNAME": "elsewhere.example",
    "TIMEOUT": "99",
    "TEMPLATE_FOLDER": "/",
    "SUPPRESS_SEND": "1",
    "MAIL_DEBUG": "1",
}
"""Variables from which the library itself would read a setting that it is not told."""


def test_only_our_own_settings_count(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(mail_port=2525, mail_username="contacts", mail_password="a secret")
    told = _connection(settings)
    for name, value in OTHERS.items():
        monkeypatch.setenv(name, value)
    assert _connection(settings) == told
    assert told.MAIL_PORT == 2525
    assert told.VALIDATE_CERTS
    assert told.MAIL_DEBUG == 0
