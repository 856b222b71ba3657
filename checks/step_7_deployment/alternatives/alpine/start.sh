#!/bin/sh
alembic upgrade head && exec python -m uvicorn --factory app.main:create_app --host 0.0.0.0 --port ${PORT:-8000}
