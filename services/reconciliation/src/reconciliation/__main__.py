"""python -m reconciliation."""

import sys

from common.command_line import run
from reconciliation.wiring import service

if __name__ == "__main__":
    sys.exit(run(service()))
