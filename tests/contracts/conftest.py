"""The tools are programs, not a package; tests of what they make find them here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
