"""The site's own settings, with a body of the test's choice for the jobs."""

import os

from scitex_cloud.settings import *  # noqa: F403

JOB_BODY = os.environ.get("TEST_JOB_BODY", "tests.worker.bodies.done")
