"""Makes `loadtest` mean the package: pytest has just taken it for this folder's parent."""

import importlib
import sys

sys.modules.pop("loadtest", None)
importlib.import_module("loadtest")
