"""Load, measured beside a bare pipeline."""
