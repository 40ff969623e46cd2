"""The tests' settings, with a lease that is over while a test looks on."""

from tests.settings import *  # noqa: F403

SCITEX_LEASE_SECONDS = 3
