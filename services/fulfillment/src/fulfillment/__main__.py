"""python -m fulfillment: the service's commands."""

import sys

from common.command_line import run
from fulfillment.wiring import service

if __name__ == "__main__":
    sys.exit(run(service()))
