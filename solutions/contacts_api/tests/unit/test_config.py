"""Settings: what is accepted, what is refused, and that a refusal gives no secret away."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.core.config import Settings, get_settings
from app.main import create_app

GOOD = {
    "ENVIRONMENT": "production",
    "JWT_SECRET_KEY": "one-secret-that-is-long-enough-for-hs256",
    "JWT_REFRESH_SECRET": "another-secret-that-is-long-enough-too",
    "EMAIL_TOKEN_SECRET": "a-third-secret-that-is-long-enough-too",
}


def set_all(settings: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        settings.setenv(name, value)
    get_settings.cache_clear()


def test_a_local_start_needs_no_settings() -> None:
    assert get_settings().environment == "local"
    assert get_settings().database_url.startswith("sqlite+aiosqlite:///")


def test_good_secrets_are_accepted_in_production(settings: pytest.MonkeyPatch) -> None:
    set_all(settings, GOOD)
    assert get_settings().jwt_secret_key.get_secret_value() == GOOD["JWT_SECRET_KEY"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY is the sample"),
        ({"JWT_SECRET_KEY": "sample-key-of-access-tokens-for-local-use-only"}, "JWT_SECRET_KEY is the sample"),
        ({"JWT_REFRESH_SECRET": "x" * 31}, "JWT_REFRESH_SECRET is shorter than 32 bytes"),
        ({"JWT_REFRESH_SECRET": GOOD["JWT_SECRET_KEY"]}, "must all be different"),
        ({"EMAIL_TOKEN_SECRET": GOOD["JWT_SECRET_KEY"]}, "must all be different"),
    ],
)
def test_production_refuses_secrets_that_are_none(
    settings: pytest.MonkeyPatch, changes: dict[str, str], complaint: str
) -> None:
    set_all(settings, GOOD | changes)
    with pytest.raises(ValidationError, match=complaint):
        create_app()


def test_the_length_of_a_secret_is_counted_in_bytes(settings: pytest.MonkeyPatch) -> None:
    set_all(settings, GOOD | {"JWT_SECRET_KEY": "ї" * 16})
    assert len(get_settings().jwt_secret_key.get_secret_value()) == 16


def test_a_refusal_shows_no_secret(settings: pytest.MonkeyPatch) -> None:
    set_all(settings, GOOD | {"JWT_REFRESH_SECRET": "hush"})
    with pytest.raises(ValidationError) as refusal:
        create_app()
    assert "hush" not in str(refusal.value)
    assert GOOD["JWT_SECRET_KEY"] not in str(refusal.value)


def test_settings_show_neither_secrets_nor_passwords_of_servers(settings: pytest.MonkeyPatch) -> None:
    urls = {"DATABASE_URL": "postgres://me:hush@db/contacts", "REDIS_URL": "redis://me:hush@redis/0"}
    set_all(settings, GOOD | urls)
    assert "hush" not in repr(get_settings())
    assert GOOD["JWT_SECRET_KEY"] not in repr(get_settings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "prod"),
        ("DATABASE_URL", "mysql://db/contacts"),
        ("DATABASE_URL", "no url"),
        ("DATABASE_URL", "postgres://db/contacts?sslmod=require"),
        ("REDIS_URL", "http://127.0.0.1:6379"),
        ("REDIS_URL", "127.0.0.1"),
        ("BCRYPT_ROUNDS", "3"),
        ("BCRYPT_ROUNDS", "31"),
        ("PUBLIC_URL", "contacts.example"),
        ("PUBLIC_URL", "ftp://contacts.example"),
        ("MAIL_PORT", "0"),
        ("MAIL_FROM", "nobody"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../etc/passwd"),
        ("TIME_ZONE", "Europe"),
    ],
)
def test_wrong_settings_stop_the_start(settings: pytest.MonkeyPatch, name: str, value: str) -> None:
    set_all(settings, {name: value})
    with pytest.raises(ValidationError, match=name.lower()):
        create_app()


def test_a_mail_server_speaks_one_kind_of_encryption(settings: pytest.MonkeyPatch) -> None:
    set_all(settings, {"MAIL_STARTTLS": "true", "MAIL_SSL_TLS": "true"})
    with pytest.raises(ValidationError, match="exclude each other"):
        create_app()


@pytest.mark.parametrize("given", ["https://contacts.example", "https://contacts.example/"])
def test_links_have_one_slash_after_the_host(settings: pytest.MonkeyPatch, given: str) -> None:
    set_all(settings, {"PUBLIC_URL": given})
    assert get_settings().public_url == "https://contacts.example"


def test_a_password_for_the_mail_server_may_be_short(settings: pytest.MonkeyPatch) -> None:
    """Its owner chose it, and nothing is signed with it."""
    set_all(settings, GOOD | {"MAIL_PASSWORD": "hush"})
    assert get_settings().mail_password.get_secret_value() == "hush"


def test_every_secret_is_kept_from_logs() -> None:
    named_like_one = [name for name in Settings.model_fields if name.endswith(("_secret", "_key", "_password"))]
    assert named_like_one
    assert all(Settings.model_fields[name].annotation is SecretStr for name in named_like_one)


def test_the_example_of_an_env_file_shows_every_setting_with_its_default() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    shown = {line.partition("=")[0] for line in example.read_text().splitlines()}
    assert {name.upper() for name in Settings.model_fields} - shown == set()
    assert Settings(_env_file=example) == Settings(_env_file=None)
