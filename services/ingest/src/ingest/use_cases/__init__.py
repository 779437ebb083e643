"""What intake does, each in one transaction."""
