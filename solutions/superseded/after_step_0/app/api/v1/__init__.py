"""Version 1 of the API: everything below /api/v1."""

from fastapi import APIRouter

from app.api.v1 import auth, health, users

TAGS = [
    {"name": "auth", "description": "Getting an account and logging in."},
    {"name": "users", "description": "The user's own account."},
    {"name": "health", "description": "Whether the application lives, and whether it can work."},
]
"""The groups of routes in the documentation, in its order."""

# FastAPI tries the routes in this order for each request: those that are called most come first.
router = APIRouter()
router.include_router(users.router)
router.include_router(auth.router)
router.include_router(health.router)
