"""A site in one process, on a database of the test's choice: ``python -m tests.deaths.site``, told what to do by lines.

``get /path`` and ``upload`` are a visitor's, ``work`` starts a worker, ``finish`` lets its child be done, ``row`` tells
of the job. Each line is answered by one of JSON.
"""

import json
import sys
import threading
from collections.abc import Iterator

import django

django.setup()

from django.core.management import call_command  # noqa: E402 (nothing of ours before the settings are there)
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from apps.scholar_app.models import EnrichmentJob  # noqa: E402
from apps.scholar_app.supervision.process import Delivery, Died  # noqa: E402
from apps.scholar_app.supervision.protocol import Moved  # noqa: E402
from apps.scholar_app.worker import Worker  # noqa: E402
from tests.deaths.workers import PRODUCT, ScriptedChild, ScriptedNursery  # noqa: E402
from tests.web.making import upload  # noqa: E402

_finish = threading.Event()
_visitor = Client(raise_request_exception=False, headers={"host": "localhost"})


class PatientChild(ScriptedChild):
    """Works until it is told to finish, or killed."""

    killed = False

    @property
    def is_running(self) -> bool:
        return not (self.killed or _finish.is_set())

    def read(self) -> Iterator[Moved]:
        yield from ()

    def kill(self) -> None:
        self.killed = True

    def conclude(self) -> Delivery:
        return Died(-9) if self.killed else PRODUCT  # type: ignore[return-value]


class PatientNursery(ScriptedNursery):
    """Has such a child for everybody."""

    def take(self) -> PatientChild:
        return PatientChild()


def _work() -> None:
    worker = Worker(processes=1)
    worker._nursery = PatientNursery()  # type: ignore[assignment]
    worker.serve()


def _do(order: str, path: str = "") -> object:
    if order == "work":
        threading.Thread(target=_work, daemon=True).start()
    elif order == "finish":
        _finish.set()
    elif order == "row":
        return EnrichmentJob.objects.values("status", "attempt", "error_code").get()
    return _visited(order, path) if order in {"get", "upload"} else None


def _visited(order: str, path: str) -> dict[str, object]:
    answer = upload(_visitor) if order == "upload" else _visitor.get(path)
    return {
        "status": answer.status_code,
        "retry_after": answer.headers.get("Retry-After"),
        "location": answer.headers.get("Location"),
    }


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for line in sys.stdin:
        print(json.dumps(_do(*line.split())), flush=True)
        connection.close()
