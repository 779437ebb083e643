"""The only place in reconciliation with SQL."""
