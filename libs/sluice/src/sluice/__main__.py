"""`python -m sluice`: the same as `sluice`."""

import sys

from sluice.cli import main

sys.exit(main())
