"""An upload that was looked at, or refused because another job is active, held so that it need not be sent again.

Its bytes lie among the uploads under a random name that no job knows, so the orphan sweep removes what nobody took.
Which file it is and whose, the session alone knows: the form carries only its id, worth nothing in another session.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.utils import timezone

from . import files
from .jobs import NotStored

KEPT_FOR: Final = timedelta(minutes=10)
MINUTES: Final = int(KEPT_FOR.total_seconds() // 60)
_SESSION_KEY: Final = "held_upload"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that passed the checks of the form, on its way to becoming a job."""

    data: bytes
    original_name: str
    entries_total: int
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Note:
    """What the session keeps; plain values only."""

    id: str
    original_name: str
    entries_total: int
    options: Mapping[str, Any]
    until: str


def hold(request: HttpRequest, upload: Upload) -> str:
    """Keep ``upload`` and return the id to ask for it with. A session holds one; an earlier one goes.

    Raises ``NotStored`` where the disk is full.
    """
    drop(request)
    held_id = uuid4()
    try:
        files.write(files.upload_name(held_id), upload.data)
    except OSError as error:
        raise NotStored(*error.args) from error
    until = (timezone.now() + KEPT_FOR).isoformat()
    note = _Note(str(held_id), upload.original_name, upload.entries_total, dict(upload.options), until)
    request.session[_SESSION_KEY] = asdict(note)
    return note.id


def take(request: HttpRequest, held_id: str) -> Upload | None:
    """The upload held under this id for this session; ``None`` if there is none, or its time is over."""
    note = _note(request)
    if note is None or note.id != held_id or datetime.fromisoformat(note.until) < timezone.now():
        return None
    try:
        data = files.read(files.upload_name(UUID(note.id)))
    except FileNotFoundError:
        return None
    return Upload(data, note.original_name, note.entries_total, note.options)


def drop(request: HttpRequest) -> None:
    """Forget what this session holds, the file too."""
    note = _note(request)
    if note is not None:
        del request.session[_SESSION_KEY]
        files.delete([files.upload_name(UUID(note.id))])


def _note(request: HttpRequest) -> _Note | None:
    kept = request.session.get(_SESSION_KEY)
    return _Note(**kept) if kept else None
