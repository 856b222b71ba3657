"""Version 1 of the API."""

from fastapi import APIRouter

from app.api.v1 import auth, health, users
from app.contacts.router import router as contacts_router

router = APIRouter()
for part in (auth.router, users.router, contacts_router, health.router):
    router.include_router(part)
