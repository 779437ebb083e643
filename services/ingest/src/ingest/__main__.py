"""python -m ingest api | worker | migrate | keys | parked."""

import sys

from common.command_line import run
from ingest.wiring import service

if __name__ == "__main__":
    sys.exit(run(service()))
