"""The `sluice` command: proves that the services agree, and controls recoveries, over HTTP."""
