"""Version 1 of the API: everything below /api/v1."""

from fastapi import APIRouter

from app.api.v1 import auth, contacts, health, users
from app.avatars.router import router as avatars

router = APIRouter()
for part in (auth.router, users.router, avatars, contacts.router, health.router):
    router.include_router(part)
