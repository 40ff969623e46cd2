"""The site's own settings, with a data directory of the run's own and without anything a developer's ``.env`` says."""

import os
import tempfile
from pathlib import Path

_DATABASE_URL = os.environ.get("SCITEX_DATABASE_URL")
for _name in [name for name in os.environ if name.startswith("SCITEX_")]:
    del os.environ[_name]
os.environ["SCITEX_ENV_FILE"] = ""
os.environ["SCITEX_DATA_DIR"] = os.environ.get("TEST_DATA_DIR") or tempfile.mkdtemp(prefix="scholar-test-")
if _DATABASE_URL:
    os.environ["SCITEX_DATABASE_URL"] = _DATABASE_URL
if _REDIS := os.environ.get("TEST_REDIS_SOCKET"):
    # Many machines by settings alone. Each process of the tests has a database of its own there too.
    _NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    os.environ["SCITEX_TASK_ENGINE"] = "celery"
    os.environ["SCITEX_CELERY_BROKER_URL"] = f"redis+socket://{_REDIS}?virtual_host={_NUMBER}"
    os.environ["SCITEX_REDIS_URL"] = f"unix://{_REDIS}?db={_NUMBER}"

from scitex_cloud.environment import Rate  # noqa: E402
from scitex_cloud.settings import *  # noqa: E402, F403
from scitex_cloud.settings import DATABASES, SCITEX_DATA_DIR, STORAGES  # noqa: E402

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Static files straight from the apps: nothing is collected for a test.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
# A test asks for more in a minute than a program may.
SCITEX_API_RATE = Rate(1_000_000, 60)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: threads and child processes of the tests must meet in it.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(SCITEX_DATA_DIR) / "test.sqlite3")}
