#!/usr/bin/env bash
set -euo pipefail

echo "Migrating the database"
alembic --config alembic.ini upgrade heads

exec "$@" --port "${PORT:-8000}"
