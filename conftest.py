"""Fixtures every test may use; they live in tests/support."""

from hypothesis import settings

pytest_plugins = ["support.infrastructure"]

# How long an example takes depends on the machine.
settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")
