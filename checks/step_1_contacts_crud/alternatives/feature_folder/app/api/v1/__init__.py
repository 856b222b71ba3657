"""Version 1 of the API."""

from fastapi import APIRouter

from app.api.v1 import auth, health, users
from app.contacts.router import router as contacts_router

TAGS = [
    {"name": "auth", "description": "Getting an account and logging in."},
    {"name": "users", "description": "The user's own account."},
    {"name": "contacts", "description": "The contact book of the user."},
    {"name": "health", "description": "Whether the application lives, and whether it can work."},
]
"""The groups of routes in the documentation, in its order."""

router = APIRouter()
for part in (auth.router, users.router, contacts_router, health.router):
    router.include_router(part)
