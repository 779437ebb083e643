"""Makes the material of these tests importable: orders and channel messages of our own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "material"))
