"""What admins may do. Who is one has been found out before."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.schemas.page import Page, PageParams
from app.schemas.user import UserReadByAdmin


async def read_users(session: AsyncSession, page: PageParams) -> Page[UserReadByAdmin]:
    """A page of all users, the oldest account first."""
    # TODO 8.3: Order the users by id. `total` counts all of them.
    raise NotImplementedError("Task 8.3: read a page of users")


async def set_active(session: AsyncSession, admin: User, user_id: int, active: bool) -> User:
    """The user, after an admin has closed or opened the account. Raises NotFound, Conflict and Unauthorized."""
    # TODO 8.3: Refuse the own account, find the user, set `is_active`, and count deactivations. Two admins can ask at
    # the same moment to deactivate each other: what keeps one of them?
    raise NotImplementedError("Task 8.3: open or close an account")
