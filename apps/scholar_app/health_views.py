"""For load balancers and monitors: whether the process lives, whether it can answer, whether the service does its work.

``ready`` is about this process alone: a load balancer that took every web process out because a worker is gone would
turn late results into no site at all. What else the service needs is told beside it, and counts with ``?service=1``.
"""

import logging
import tempfile
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .clock import clock
from .models import CleanupRun
from .presence import present

logger = logging.getLogger("scholar.health")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view)
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when all it needs is there, else 503; what is wrong in particular goes to the log, never into the answer."""
    database = _answers(_database_answers)
    migrated = database and _answers(_migrations_are_applied)
    checks = {"database": database, "migrations": migrated, "data_dir": _data_dir_is_writable()}
    service = {
        "cleanup": migrated and _answers(_cleanup_runs),
        "cleanup_files": migrated and _answers(_cleanup_can_delete),
        "workers": migrated and _answers(_workers_are_there),
    }
    ready = all(checks.values())
    asked = [*checks.values(), *(service.values() if request.GET.get("service") else ())]
    status = HTTPStatus.OK if all(asked) else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": ready, "checks": checks, "service": service}, status=status)


def _answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DatabaseError as error:
        logger.error("%s: the database does not answer: %s", check.__name__.lstrip("_"), type(error).__name__)
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations_are_applied() -> bool:
    """Each of them: a plan up to the newest ones would not show a gap before them."""
    loader = MigrationLoader(connection)
    missing = set(loader.graph.nodes) - set(loader.applied_migrations)
    if missing:
        logger.error("%d migrations are not applied", len(missing))
    return not missing


def _data_dir_is_writable() -> bool:
    """By writing: permissions alone do not tell of a full or read-only disk."""
    try:
        with tempfile.TemporaryFile(dir=settings.SCITEX_DATA_DIR) as file:
            file.write(b"ready")
    except OSError as error:
        logger.error("the data directory cannot be written: %s", type(error).__name__)
        return False
    return True


def _cleanup_runs() -> bool:
    """A run that fails is not recorded, so a timer that stopped and a clean-up that fails look the same here."""
    expected = timedelta(minutes=settings.SCITEX_CLEANUP_EXPECTED_MINUTES)
    return not expected or CleanupRun.objects.filter(started_at__gte=clock(plus=-expected)).exists()


def _cleanup_can_delete() -> bool:
    """The last run left no file that refused to go."""
    last = CleanupRun.objects.order_by("-started_at").values_list("undeleted_files", flat=True).first()
    return not last


def _workers_are_there() -> bool:
    return present().count() >= settings.SCITEX_WORKERS_EXPECTED
