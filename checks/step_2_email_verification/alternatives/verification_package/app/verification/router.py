"""The two endpoints of verification."""

from fastapi import APIRouter
from sqlalchemy import select, update

from app.api.deps import SessionDep
from app.core import clock
from app.core.errors import BadRequest
from app.models import User
from app.schemas.user import EmailRequest
from app.verification import mail, tokens

router = APIRouter(prefix="/auth", tags=["verification"])


@router.get("/verify/{token:path}")
async def confirm(session: SessionDep, token: str) -> dict[str, object]:
    """The link leads here."""
    claim = tokens.read(token)
    owner = User.id == claim.user_id, User.email == claim.address
    if await session.scalar(select(User.id).where(*owner)) is None:
        raise BadRequest("invalid_token", "That account is gone.")
    await session.execute(update(User).where(*owner, User.verified_at.is_(None)).values(verified_at=clock.now()))
    await session.commit()
    return {"message": "It is you.", "address": claim.address}


@router.post("/resend-verification", status_code=202)
async def another(session: SessionDep, data: EmailRequest) -> dict[str, str]:
    """Another link."""
    waiting = select(User).where(User.email == data.email, User.verified_at.is_(None))
    for user in await session.scalars(waiting):
        mail.invite(user)
    return {"message": "Done, if there was anything to do."}
