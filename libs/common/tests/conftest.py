"""Makes the toy service importable, here and in the processes that tests start."""

import sys
from pathlib import Path

TOY = Path(__file__).parent / "toy_service"

sys.path.insert(0, str(TOY))
