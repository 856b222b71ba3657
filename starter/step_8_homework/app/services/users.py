"""Accounts: registration, login and refresh."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import violates
from app.core.errors import BadRequest, Conflict, Forbidden, Unauthorized
from app.core.security import (
    Claims,
    Purpose,
    create_token,
    hash_password,
    password_matches,
    read_mailed_token,
    read_token,
)
from app.models import User
from app.schemas.base import normalize_email
from app.schemas.token import TokenPair
from app.schemas.user import UserCreate
from app.services.sessions import LoginSessions


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
    Only with the right password the answer reveals the state of the account: Forbidden.
    """
    user = await find_by_email(session, email)
    await session.commit()  # returns the connection to the pool: hashing is slow, and needs none
    matches = await password_matches(password, user.password_hash if user else None)
    if user is None or not matches:
        raise Unauthorized("bad_credentials", "The e-mail address or the password is wrong.")
    # TODO 8.3: refuse a user who is not active.
    demand_verified(user)
    return issue_tokens(user)


async def refresh(session: AsyncSession, login_sessions: LoginSessions, refresh_token: str) -> TokenPair:
    """A new pair of tokens for a refresh token, which is then used up. Raises Unauthorized."""
    claims = read_token(refresh_token, Purpose.REFRESH)
    user = await find_by_claims(session, claims)
    await session.commit()  # returns the connection to the pool: Redis may take a moment
    await login_sessions.use_up(claims)
    return issue_tokens(user, family=claims.family or claims.jti)


async def log_out(login_sessions: LoginSessions, refresh_token: str) -> None:
    """Ends the session of a refresh token. Raises Unauthorized."""
    await login_sessions.end(read_token(refresh_token, Purpose.REFRESH))


async def verify_email(session: AsyncSession, token: str) -> None:
    """Marks the address in the token as verified. A second call changes nothing. Raises BadRequest."""
    claims = read_mailed_token(token, Purpose.EMAIL_VERIFY)
    user = await session.get(User, claims.sub)
    if user is None or user.email != claims.email:
        raise BadRequest("invalid_token", "This link belongs to an address that no account has.")
    user.is_verified = True
    await session.commit()


def demand_verified(user: User) -> None:
    """Raises Forbidden unless the user's e-mail address is verified."""
    if not user.is_verified:
        raise Forbidden("email_not_verified", "Follow the link in the message that we have sent you first.")


async def find_by_claims(session: AsyncSession, claims: Claims) -> User:
    """The user of a valid token. A new password or an admin makes the token invalid. Raises Unauthorized."""
    user = await session.get(User, claims.sub)
    # TODO 8.1: refuse a token from before the last change of the password. `user.fingerprint` changes with it.
    # TODO 8.3: refuse the tokens of a user who is not active.
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


def issue_tokens(user: User, **more_claims: str) -> TokenPair:
    """A new pair of tokens for an authenticated user. A new password makes them invalid."""
    # TODO 8.1: give both tokens the claim `fingerprint`.
    return TokenPair(
        access_token=create_token(user.id, Purpose.ACCESS),
        refresh_token=create_token(user.id, Purpose.REFRESH, **more_claims),
    )
