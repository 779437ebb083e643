"""Takes orders in, refuses duplicates, stores and announces them."""
