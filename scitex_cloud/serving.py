"""How gunicorn is to serve the site: ``gunicorn --config python:scitex_cloud.serving ... scitex_cloud.wsgi``.

Its own lines look like all others (``SCITEX_LOG_FORMAT``), and hold no visitor's address. An access log is for who asks
for one (``--access-logfile -``): method, path without its query, status, bytes, seconds.
"""

import logging
import os
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from gunicorn.glogging import Logger

from . import logs

_ENV_FILE = Path(__file__).resolve().parent.parent / ".env"


class Lines(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's logger with the site's own formatter."""

    def setup(self, cfg: Any) -> None:
        """As gunicorn does it, at the start and at each reload; then the form of the lines."""
        super().setup(cfg)
        formatter = logs.FORMATTERS[_log_format()]()
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(formatter)


def _log_format() -> str:
    """What the settings say, without importing them: the parent of the web processes would keep them over a reload.

    Nonsense is refused by the settings themselves.
    """
    file = os.environ.get("SCITEX_ENV_FILE", str(_ENV_FILE))
    said = {**(dotenv_values(file) if file else {}), **os.environ}.get("SCITEX_LOG_FORMAT")
    return said if said and said in logs.FORMATTERS else "text"


logging.captureWarnings(capture=True)

# Gunicorn reads these names.
logger_class = Lines
access_log_format = "method=%(m)s path=%(U)s status=%(s)s bytes=%(B)s seconds=%(L)s"
# A door that nobody uses, at a place that two sites of one account would share.
control_socket_disable = True
