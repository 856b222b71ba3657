"""What admins may do, in SQL."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, NotFound, Unauthorized
from app.models import User
from app.schemas.page import Page, PageParams
from app.schemas.user import UserReadByAdmin

COLUMNS = "id, email, full_name, is_verified, avatar_url, created_at, role, is_active"
PAGE = text(f"SELECT {COLUMNS} FROM users ORDER BY id LIMIT :limit OFFSET :offset").columns(  # noqa: S608
    *(getattr(User, name) for name in COLUMNS.split(", "))
)
COUNT = text("SELECT count(*) FROM users")
LOCK = text("UPDATE users SET role = role WHERE role = 'admin'")
IS_ADMIN = text("SELECT is_active FROM users WHERE id = :id AND role = 'admin'")
SET = text(
    "UPDATE users SET deactivations = deactivations + CASE WHEN is_active AND NOT :active THEN 1 ELSE 0 END, "
    "is_active = :active WHERE id = :id RETURNING id"
)


async def read_users(session: AsyncSession, page: PageParams) -> Page[UserReadByAdmin]:
    """A page of all users, ordered by id."""
    rows = await session.execute(PAGE, {"limit": page.limit, "offset": page.offset})
    items = [UserReadByAdmin.model_validate(dict(row)) for row in rows.mappings()]
    return Page(items=items, total=await session.scalar(COUNT) or 0, limit=page.limit, offset=page.offset)


async def set_active(session: AsyncSession, admin: User, user_id: int, active: bool) -> User:
    """Closes or opens an account."""
    if user_id == admin.id:
        raise Conflict("own_account", "Not your own.")
    await session.execute(LOCK)
    if not await session.scalar(IS_ADMIN, {"id": admin.id}):
        raise Unauthorized("invalid_token", "You are no administrator any more.")
    if await session.scalar(SET, {"id": user_id, "active": active}) is None:
        raise NotFound("user_not_found", "Unknown.")
    await session.commit()
    user = await session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFound("user_not_found", "Unknown.")
    return user
