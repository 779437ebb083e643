"""Proves that what was ordered, shipped and paid agrees."""
