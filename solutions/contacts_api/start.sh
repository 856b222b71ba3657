#!/bin/sh
# Starts the application: first the database is brought up to date, and if that fails, nothing is started.
set -eu
cd "$(dirname "$0")"

alembic upgrade head

# exec: the server takes the place of this shell, so that it is the server which SIGTERM reaches. It then takes no new
# requests, ends those that are running and gives up on them after three seconds. Messages on their way have 1.5 seconds
# more (CLOSE_TIMEOUT in app/services/email.py), so the server is gone before five seconds have passed.
exec uvicorn app.main:create_app --factory \
    --host "${HOST:-0.0.0.0}" --port "${PORT:-8000}" \
    --timeout-graceful-shutdown 3 --no-server-header
