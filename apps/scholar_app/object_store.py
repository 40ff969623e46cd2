"""An object store (S3 and what speaks like it) as the place for the files, over django-storages.

``files.py`` expects of a storage what a file system gives: a name appears in one step, and what cannot be done is an
``OSError``, so that a store that is away fails an upload, not the site.
"""

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

#: A visitor waits for this; by default it would be five minutes for a store that swallows packets.
_IMPATIENT: Final = Config(connect_timeout=3, read_timeout=30, retries={"max_attempts": 2})
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})


@contextmanager
def _told_as_os_error(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise FileNotFoundError(errno.ENOENT, "no such object", name) from error
        raise OSError(errno.EIO, f"the object store refused: {code}", name) from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(errno.EIO, f"the object store is away: {type(error).__name__}", name) from error


class ObjectStore(S3Storage):  # type: ignore[misc]
    """One bucket, or a prefix of it; private, whole objects, and a listing with times."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        config: Config = self.client_config  # type: ignore[has-type]
        self.client_config = config.merge(_IMPATIENT)

    def _save(self, name: str, content: "File[bytes]") -> str:
        """In one request: readers see the whole object or none. The same claim may write its name once more."""
        with _told_as_os_error(name):
            self.bucket.Object(self._key(name)).put(Body=content.read(), ContentType="application/octet-stream")
        return name

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":  # noqa: ARG002  (Django's own signature)
        """The whole object: our files are small, and what begins to be read is read to its end."""
        with _told_as_os_error(name):
            body = self.bucket.Object(self._key(name)).get()["Body"].read()
        return File(io.BytesIO(body), name=name)

    def delete(self, name: str) -> None:
        """Delete it; the store does not say whether there was anything."""
        with _told_as_os_error(name):
            self.bucket.Object(self._key(name)).delete()

    def scan(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The names below ``folder`` with the times they were written at, a thousand to a request."""
        prefix = self._key(f"{folder}/")
        with _told_as_os_error(folder):
            for item in self.bucket.objects.filter(Prefix=prefix):
                yield f"{folder}/{item.key.removeprefix(prefix)}", item.last_modified

    def _key(self, name: str) -> str:
        key: Any = self._normalize_name(name)
        return f"{key}/" if name.endswith("/") and not key.endswith("/") else str(key)
