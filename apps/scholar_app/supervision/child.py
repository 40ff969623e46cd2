"""The process that works on one job: ``python -m apps.scholar_app.supervision.child PARENT OUTPUT BODY``.

Started anew (not forked), so it shares no database connection, lock or thread with the worker, whatever that runs in;
macOS allows nothing else. The half second this takes is spent beforehand: the worker keeps a spare one ready.
It writes its product into the unnamed file ``OUTPUT`` and says so; it never changes the job's row.
"""

import errno
import hashlib
import json
import logging
import os
import socket
import sys
import traceback
from collections.abc import Callable

from ..enrichment.errors import DocumentError, DocumentProofError, SourceError
from . import reasons
from .channel import Channel, StopRequestedError
from .limits import confine, die_with, give_way
from .product import Body, Product, UploadMissingError
from .protocol import DATABASE, Away, Failed, Finished, Message, Stopped

logger = logging.getLogger(__name__)
#: The disk is full, or our share of it is.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def main(parent: str, output: str, body_name: str) -> None:
    """Get ready, wait for the order, work, and leave without waiting for threads that may hang."""
    die_with(int(parent))
    give_way()
    channel = Channel(_take_over_stdin())
    body = _prepare(body_name)
    order = channel.wait_for_order()
    message = _attempt(lambda: body(order.job_id, channel.report), output=int(output))
    channel.close_with(message)
    logging.shutdown()
    os._exit(0)


def _take_over_stdin() -> socket.socket:
    """Keep the line to the worker for ourselves; whoever reads standard input finds it empty."""
    line = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return line


def _prepare(body_name: str) -> Body:
    import django  # noqa: PLC0415  (nothing of Django may be imported before the parent is watched)

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.utils.module_loading import import_string  # noqa: PLC0415

    body: Body = import_string(body_name)
    confine(memory_bytes=settings.SCITEX_JOB_MEMORY_MB * 1024 * 1024, cpu_seconds=settings.SCITEX_JOB_CPU_SECONDS)
    return body


def _attempt(work: Callable[[], Product], *, output: int) -> Message:
    """The last word about the job: whatever happens in ``work``, it becomes a message."""
    from django.db import InterfaceError, OperationalError, connections  # noqa: PLC0415

    try:
        return _store(work(), output)
    except StopRequestedError:
        return Stopped()
    except SourceError as error:
        return Away(error.source, str(error.args[0]), error.retryable)
    except (OperationalError, InterfaceError):
        logger.exception("the database is away")
        return Away(DATABASE, "our database is away", retryable=True)
    except BaseException as error:  # noqa: BLE001  (this is the one place that owns the job: sys.exit() ends here too)
        return _explain(error)
    finally:
        connections.close_all()


def _store(product: Product, output: int) -> Finished:
    report = json.dumps(product.report, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    with os.fdopen(output, "wb") as file:
        file.write(product.result)
        file.write(report)
    digest = hashlib.sha256(product.result)
    digest.update(report)
    return Finished(len(product.result), len(report), digest.hexdigest(), dict(product.outcomes))


def _explain(error: BaseException) -> Failed:
    if isinstance(error, DocumentError):
        return Failed(error.code, str(error))
    if isinstance(error, UploadMissingError):
        return reasons.UPLOAD_MISSING
    if isinstance(error, MemoryError):
        return reasons.OUT_OF_MEMORY
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return reasons.NOT_STORED
    # The place, not the text: an exception's text may quote the user's file, and logs are no place for it.
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s in the job's body:\n%s", type(error).__name__, place)
    return reasons.NOT_PROVED if isinstance(error, DocumentProofError) else reasons.INTERNAL_ERROR


if __name__ == "__main__":
    main(*sys.argv[1:])
