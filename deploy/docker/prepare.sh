#!/bin/sh
# Makes one service ready to start: its schema at the newest version, the API key valid and, where
# asked for, the demo's data. Safe to run again and again, and at the same time.
set -eu

python -m "$SLUICE_SERVICE" migrate
printf '%s\n' "$SLUICE_API_KEY" |
  python -m "$SLUICE_SERVICE" keys ensure compose --scopes '*' --key-stdin
if [ "${SEED_DEMO:-no}" = yes ] && [ "${HAS_DEMO_DATA:-no}" = yes ]; then
  python -m "$SLUICE_SERVICE" seed-demo
fi
