"""Accounts: registering, logging in, staying logged in."""

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
    """A new account. Raises Conflict when the address has one already.

    Nothing is asked beforehand: between the question and the insert another request could take the address.
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
            raise Conflict("email_taken", "There is an account with this e-mail address already.") from None
        raise
    return user


async def log_in(session: AsyncSession, email: str, password: str) -> TokenPair:
    """Tokens for the user with this address and password.

    Raises Unauthorized with the same words, after the same time, whether the address or the password is wrong.
    What else is wrong with the account learns only who knows the password: Forbidden.
    """
    user = await find_by_email(session, email)
    await session.commit()  # returns the connection to the pool: hashing is slow, and needs none
    is_right = await password_matches(password, user.password_hash if user is not None else None)
    if user is None or not is_right:
        raise Unauthorized("bad_credentials", "We know no such address and password.")
    if user.is_active:
        demand_verified(user)
        return issue_tokens(user)
    raise Forbidden("account_deactivated", "Closed.")


async def refresh(session: AsyncSession, login_sessions: LoginSessions, refresh_token: str) -> TokenPair:
    """A new pair of tokens in exchange for a refresh token, which works no more from then on. Raises Unauthorized."""
    claims = read_token(refresh_token, Purpose.REFRESH)
    user = await find_by_claims(session, claims)
    await session.commit()  # returns the connection to the pool: Redis may take a moment
    await login_sessions.use_up(claims)
    return issue_tokens(user, family=claims.family or claims.jti)


async def log_out(login_sessions: LoginSessions, refresh_token: str) -> None:
    """Ends the session of a refresh token. Raises Unauthorized."""
    await login_sessions.end(read_token(refresh_token, Purpose.REFRESH))


async def verify_email(session: AsyncSession, token: str) -> None:
    """Notes that the user reads the mail of the address in the token. Twice is as good as once. Raises BadRequest."""
    claims = read_mailed_token(token, Purpose.EMAIL_VERIFY)
    user = await session.get(User, claims.sub)
    if user is None or user.email != claims.email:
        raise BadRequest("invalid_token", "This link belongs to an address that no account has.")
    user.is_verified = True
    await session.commit()


def demand_verified(user: User) -> None:
    """Raises Forbidden unless the user has shown that the e-mail address is theirs."""
    if not user.is_verified:
        raise Forbidden("email_not_verified", "Follow the link in the message that we have sent you first.")


async def find_by_claims(session: AsyncSession, claims: Claims) -> User:
    """The user of a token, while it is in force: a new password ends it, so does an admin. Raises Unauthorized."""
    user = await session.scalar(select(User).where(User.id == claims.sub))
    if user is not None and user.is_active and user.fingerprint == claims.fingerprint:
        return user
    raise Unauthorized("invalid_token", "Log in again.")


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    """The user with this address, however it is written, or None."""
    try:
        address = normalize_email(email)
    except ValueError:
        return None
    return await session.scalar(select(User).where(User.email == address))


def issue_tokens(user: User, **more_claims: str) -> TokenPair:
    """A new pair of tokens for a user who has proved who they are. They end with the password."""
    return TokenPair(
        access_token=create_token(user.id, Purpose.ACCESS, fingerprint=user.fingerprint),
        refresh_token=create_token(user.id, Purpose.REFRESH, fingerprint=user.fingerprint, **more_claims),
    )
