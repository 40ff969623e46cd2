"""The way to the broker, where jobs are brought to workers on many machines by Celery (``SCITEX_TASK_ENGINE=celery``).

A message is nothing but a job's id. The row is the truth: a message that comes twice finds nothing to claim, and one
that the broker loses is sent again by :func:`apps.scholar_app.jobs.delivering.deliver_again`. So nothing here waits for
long or raises because the broker is away.
"""

import logging
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings

logger = logging.getLogger("scholar.broker")

TASK: Final = "scholar.run_job"
QUEUE: Final = "scholar"
#: In seconds: a page waits for this at most when the broker is away.
_PATIENCE: Final = 2.0
#: After so many seconds an unacknowledged message is delivered again. A turn takes eight minutes at most, and a worker
#: that dies is noticed by its lease long before; a message that comes again all the same does no harm.
_VISIBILITY: Final = 3600


def is_used() -> bool:
    """Whether jobs are brought by a broker at all."""
    return bool(settings.SCITEX_TASK_ENGINE == "celery")


def send(job_id: UUID) -> bool:
    """Tell the workers of a waiting job. ``False``: the broker is away."""
    from kombu.exceptions import OperationalError  # noqa: PLC0415  (an optional dependency)

    once_more = {"max_retries": 1, "interval_start": 0}  # the connection kept from last time may be dead
    try:
        _app().send_task(TASK, args=[str(job_id)], queue=QUEUE, retry=True, retry_policy=once_more, ignore_result=True)
    except OperationalError as error:
        logger.warning("job=%s broker=away error=%s", job_id, type(error.__cause__ or error).__name__)
        return False
    return True


def messages() -> int | None:
    """How many messages nobody has taken yet; ``None`` where the broker is away or cannot tell."""
    from kombu.exceptions import OperationalError  # noqa: PLC0415  (an optional dependency)

    try:
        with _app().connection_for_write(connect_timeout=_PATIENCE) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=_PATIENCE)
            return int(connection.default_channel.queue_declare(queue=QUEUE, durable=True).message_count)
    except (OperationalError, OSError) as error:
        logger.warning("broker=away error=%s", type(error).__name__)
        return None


def _app() -> Any:
    return celery_app(settings.SCITEX_CELERY_BROKER_URL)


@cache
def celery_app(url: str) -> Any:
    """Celery, as we use it: no results (the row has them), no message acknowledged before its job's turn is over."""
    from celery import Celery  # noqa: PLC0415  (an optional dependency)

    app = Celery("scitex_scholar", broker=url, set_as_current=True)
    app.conf.update(
        imports=["apps.scholar_app.tasks"],
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_PATIENCE,
        broker_transport_options={
            "visibility_timeout": _VISIBILITY,
            "socket_connect_timeout": _PATIENCE,
            "socket_keepalive": True,
        },
    )
    return app
