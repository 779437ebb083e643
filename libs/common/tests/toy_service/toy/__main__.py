"""python -m toy."""

import sys

from common.command_line import run
from toy.wiring import service

sys.exit(run(service()))
