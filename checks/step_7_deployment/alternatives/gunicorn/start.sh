#!/bin/sh
set -e

/app/.venv/bin/alembic upgrade head

exec .venv/bin/gunicorn "app.main:create_app()" \
    --worker-class uvicorn.workers.UvicornWorker \
    --workers "${WEB_CONCURRENCY:-2}" \
    --bind "0.0.0.0:${PORT:-8000}" \
    --graceful-timeout 3 \
    --access-logfile -
