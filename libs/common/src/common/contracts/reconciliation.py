"""Events published by reconciliation: none yet, its findings are read over HTTP."""
