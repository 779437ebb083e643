"""Makes `demo` mean the package: pytest has just taken it for this folder's parent."""

import importlib
import sys

sys.modules.pop("demo", None)
importlib.import_module("demo")
