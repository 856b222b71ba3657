"""Makes a user an admin: `python -m app.make_admin ann@example.com`.

There is no endpoint for it, so that no client of the API can become one.
"""

import asyncio
import sys

from app.core.config import get_settings
from app.core.database import create_engine, create_sessions
from app.models.user import Role
from app.services import users


async def make_admin(email: str) -> None:
    """Gives the role to the user with this address. Exits when there is none."""
    engine = create_engine(get_settings().database_url)
    async with create_sessions(engine)() as session:
        user = await users.find_by_email(session, email)
        if user:
            user.role = Role.ADMIN
            await session.commit()
    await engine.dispose()
    if user is None:
        sys.exit(f"No account has the address {email}.")


if __name__ == "__main__":
    asyncio.run(make_admin(sys.argv[1]))
