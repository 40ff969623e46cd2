"""Receiving a file over HTTP: bounded before a byte of it is stored, and with the name that the client really sent."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParser

from . import pages
from .tallies import count

#: What the other fields of a form and the multipart frame may take besides the file itself, in bytes.
FORM_ROOM = 64 * 1024
#: A body up to this many times the limit is read and thrown away, so that the browser gets to see the answer
#: (it shows "connection reset" when the server answers and closes while it is still sending).
_DRAINED = 8
_CHUNK = 64 * 1024


class NameKeepingParser(MultiPartParser):
    """Django's parser; it cuts paths and control characters from a file's name silently, this one remembers them."""

    sent_name = ""

    def sanitize_file_name(self, file_name: str) -> str | None:
        """Django's clean name, or ``None`` where nothing is left of it."""
        self.sent_name = file_name
        return super().sanitize_file_name(file_name)


class NameKeepingUploadHandler(TemporaryFileUploadHandler):
    """Streams each file to disk and notes, as ``sent_name``, the name as the client sent it."""

    _parser: NameKeepingParser | None = None

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 (Django passes it by this name)
        content_length: int,  # noqa: ARG002
        boundary: Any,  # noqa: ARG002
        encoding: str | None = None,
    ) -> tuple[Any, Any] | None:
        """Parse with the parser that keeps names, which comes by here again and is then let through."""
        if self._parser is not None:
            return None
        self._parser = NameKeepingParser(META, input_data, [self], encoding)
        return self._parser.parse()

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """The finished file, with ``sent_name``."""
        file = super().file_complete(file_size)
        if self._parser is not None:
            vars(self.file)["sent_name"] = self._parser.sent_name
        return file


def sent_name(file: "UploadedFile[Any]") -> str:
    """The name of an uploaded file as the client sent it: untrusted, of any length, maybe with path parts."""
    return str(getattr(file, "sent_name", file.name) or "")


class BodyLimitMiddleware:
    """Refuses a request body larger than any upload may be, before anything (the CSRF check too) reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The site's answer, or 413."""
        if _content_length(request) <= settings.SCITEX_MAX_UPLOAD_BYTES + FORM_ROOM:
            return self.get_response(request)
        _drain(request)
        count("uploads_refused", "too_large")
        return pages.too_large(request)


def _content_length(request: HttpRequest) -> int:
    # Without the header there is no body: WSGI servers give none to read.
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest) -> None:
    left = min(_content_length(request), _DRAINED * settings.SCITEX_MAX_UPLOAD_BYTES)
    while left > 0 and (chunk := request.read(min(_CHUNK, left))):
        left -= len(chunk)
