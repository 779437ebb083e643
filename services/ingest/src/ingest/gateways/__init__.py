"""The order APIs of sales channels, each behind the same Protocol."""
