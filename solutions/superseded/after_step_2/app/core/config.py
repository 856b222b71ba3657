"""Settings: read from the environment and `.env`, checked once, when the application starts."""

import re
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, EmailStr, Field, HttpUrl, SecretStr, TypeAdapter, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core.database_url import with_async_driver

ORIGIN = re.compile(r"https?://[^/*\s]+")
SHORTEST_SECRET = 32
"""In bytes: as long as an HS256 signature, so that guessing the key is no easier than forging a signature."""
TOKEN_KEYS = ("jwt_secret_key", "jwt_refresh_secret", "email_token_secret")
"""The keys of tokens. An attacker who knows one of them can act as any user."""


def _known_time_zone(name: str) -> str:
    """`name`, if it is a time zone. ZoneInfo raises more kinds of errors than pydantic turns into a message."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("this is no time zone; write it like Europe/Kyiv") from None
    return name


def _web_address(url: str) -> str:
    """`url` without a slash at its end, if it is one that a browser can open."""
    return str(TypeAdapter(HttpUrl).validate_python(url)).rstrip("/")


def _origins(text: str) -> list[str]:
    """The origins in a list with commas. `*` is none: it would open the application to the pages of every website."""
    origins = [origin.strip() for origin in text.split(",")]
    if not all(ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("write origins like https://contacts.example.com, separated by commas")
    return origins


class Settings(BaseSettings):
    """Every default works offline, on a developer's machine. In every other environment the secrets must be set."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",  # .env serves other programs too
        hide_input_in_errors=True,  # a refused secret must not end up in a log
    )

    environment: Literal["local", "staging", "production"] = "local"
    database_url: Annotated[str, AfterValidator(with_async_driver)] = Field(
        default="sqlite+aiosqlite:///./contacts.sqlite3", repr=False
    )
    jwt_secret_key: SecretStr = SecretStr("sample-key-of-access-tokens-for-local-use-only")
    jwt_refresh_secret: SecretStr = SecretStr("sample-key-of-refresh-tokens-for-local-use-only")
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    """Each round more doubles the time that a guess takes; 12 is about a quarter of a second."""
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] = "UTC"
    """Decides which day it is "today"."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    cors_origins: Annotated[list[str], NoDecode, BeforeValidator(_origins)] = Field(default=[], validate_default=False)
    """Websites whose pages may call the application from a browser."""

    public_url: Annotated[str, AfterValidator(_web_address)] = "http://127.0.0.1:8000"
    """Where users reach the application: links in messages begin with it."""
    email_token_secret: SecretStr = SecretStr("sample-key-of-e-mail-tokens-for-local-use-only")
    mail_host: str = "127.0.0.1"
    mail_port: int = Field(default=1025, ge=1, le=65535)
    mail_username: str = ""
    """Empty for a server without a login, such as the one on a developer's machine."""
    mail_password: SecretStr = SecretStr("")
    mail_from: EmailStr = "contacts@example.com"
    mail_starttls: bool = False
    """Starts in plain text and then switches to TLS, or fails. Usual at port 587."""
    mail_ssl_tls: bool = False
    """Encrypted from the first byte; usual at port 465."""

    @model_validator(mode="after")
    def _secrets_are_secret(self) -> "Settings":
        """Refuses sample, short and equal secrets, except on a developer's machine."""
        if self.environment == "local":
            return self
        secrets: dict[str, SecretStr] = {name: getattr(self, name) for name in TOKEN_KEYS}
        for name, secret in secrets.items():
            variable = name.upper()
            if secret == type(self).model_fields[name].default:
                raise ValueError(f"{variable} is the sample from the source code; set one of your own")
            if len(secret.get_secret_value().encode()) < SHORTEST_SECRET:
                raise ValueError(f"{variable} is shorter than {SHORTEST_SECRET} bytes")
        if len({secret.get_secret_value() for secret in secrets.values()}) < len(secrets):
            raise ValueError(f"{', '.join(secrets).upper()} must all be different")
        return self

    @model_validator(mode="after")
    def _one_kind_of_encryption(self) -> "Settings":
        if self.mail_starttls and self.mail_ssl_tls:
            raise ValueError("MAIL_STARTTLS and MAIL_SSL_TLS exclude each other")
        return self


@cache
def get_settings() -> Settings:
    """The settings, read on first use."""
    return Settings()
