"""python -m risk."""

import sys

from common.command_line import run
from risk.wiring import service

if __name__ == "__main__":
    sys.exit(run(service()))
