"""For load balancers and monitors: whether the process lives, and whether it can do its work."""

import logging
import tempfile
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger("scholar.health")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view)
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 (a view)
    """200 when all it needs is there, else 503; what is wrong in particular goes to the log, never into the answer."""
    database = _database_answers()
    checks = {
        "database": database,
        "migrations": database and _migrations_are_applied(),
        "data_dir": _data_dir_is_writable(),
    }
    ready = all(checks.values())
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": ready, "checks": checks}, status=status)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("the database does not answer: %s", type(error).__name__)
        return False
    return True


def _migrations_are_applied() -> bool:
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        logger.error("the migrations cannot be read: %s", type(error).__name__)
        return False
    if missing:
        logger.error("%d migrations are not applied", missing)
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
