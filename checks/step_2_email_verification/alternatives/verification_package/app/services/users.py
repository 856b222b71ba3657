"""Accounts: registration, login and refresh."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import violates
from app.core.errors import Conflict, Forbidden, Unauthorized
from app.core.security import Purpose, create_token, hash_password, password_matches, read_token
from app.models import User
from app.schemas.base import normalize_email
from app.schemas.token import TokenPair
from app.schemas.user import UserCreate


async def register(session: AsyncSession, data: UserCreate) -> User:
    """A new account. Raises Conflict if the address already has one.

    There is no SELECT before the INSERT: between the two, another request could use the address.
    """
    user = User(
        email=data.email,
        full_name=data.full_name,
        password_hash=await hash_password(data.password),
    )
    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if violates(error, User.one_per_email):
            raise Conflict("email_taken", "There is already an account with this e-mail address.") from None
        raise
    return user


async def log_in(session: AsyncSession, email: str, password: str) -> TokenPair:
    """Tokens for the user with this address and password.

    Raises Unauthorized with the same text, after the same time, for a wrong address and a wrong password.
    """
    user = await find_by_email(session, email)
    await session.commit()  # returns the connection to the pool: hashing is slow, and needs none
    matches = await password_matches(password, user.password_hash if user else None)
    if user is None or not matches:
        raise Unauthorized("bad_credentials", "The e-mail address or the password is wrong.")
    if user.verified_at is None:
        raise Forbidden("email_not_verified", "Is this you? Look into your mailbox.")
    return issue_tokens(user)


async def refresh(session: AsyncSession, refresh_token: str) -> TokenPair:
    """A new pair of tokens in exchange for a refresh token. Raises Unauthorized."""
    return issue_tokens(await find_by_token(session, refresh_token, Purpose.REFRESH))


async def find_by_token(session: AsyncSession, token: str, purpose: Purpose) -> User:
    """The user whom a token was issued to, for this purpose. Raises Unauthorized."""
    user = await session.get(User, read_token(token, purpose).sub)
    if user is None:
        raise Unauthorized("invalid_token", "The account of this token is gone.")
    return user


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    """The user with this address, in upper or lower case, or None."""
    try:
        address = normalize_email(email)
    except ValueError:
        return None
    return await session.scalar(select(User).where(User.email == address))


def issue_tokens(user: User) -> TokenPair:
    """A new pair of tokens for a user who has proved who they are."""
    return TokenPair(
        access_token=create_token(user.id, Purpose.ACCESS),
        refresh_token=create_token(user.id, Purpose.REFRESH),
    )
