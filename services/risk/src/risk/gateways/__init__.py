"""Outside parties that slow checks ask, each behind the same Protocol."""
