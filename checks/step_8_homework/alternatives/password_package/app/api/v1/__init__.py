"""Version 1 of the API: everything below /api/v1."""

from fastapi import APIRouter

from app.api.v1 import admin, auth, avatars, contacts, health, users
from app.passwords import router as passwords

TAGS = [
    {"name": "auth", "description": "Getting an account and logging in."},
    {"name": "users", "description": "The user's own account."},
    {"name": "contacts", "description": "The contact book of the user."},
    {"name": "admin", "description": "What admins do with other people's accounts."},
    {"name": "health", "description": "Whether the application lives, and whether it can work."},
]
"""The groups of routes in the documentation, in its order."""

# FastAPI tries the routes in this order for each request: those that are called most come first.
router = APIRouter()
router.include_router(contacts.router)
router.include_router(users.router)
router.include_router(auth.router)
router.include_router(passwords.router)
router.include_router(avatars.router)
router.include_router(admin.router)
router.include_router(health.router)
