"""Fixtures every test may use; they live in tests/support."""

pytest_plugins = ["support.infrastructure"]
