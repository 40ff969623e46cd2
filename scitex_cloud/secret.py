"""Secrets: an installation's own key, made once and readable by its owner alone, and those that come from files."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def secret_key(path: Path) -> str:
    """The key kept in ``path``; made first where there is none. Several processes starting at once agree on one."""
    if not path.exists():
        _create(path)
    return path.read_text(encoding="ascii").strip()


def find_files(names: Iterable[str]) -> None:
    """Let ``<name>_FILE`` name the systemd credential, where there is one (``LoadCredential=<name>:PATH``).

    The secret itself stays out of the environment: every process that is started from here would have it there. What
    the environment has already goes before a credential. Raises ``ImproperlyConfigured`` for a file that cannot be
    read, and where a name is given in both ways.
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    for name in names:
        path = os.environ.get(f"{name}_FILE", "")
        if path and os.environ.get(name):
            raise ImproperlyConfigured(f"Settings refused. {name} and {name}_FILE are both set")
        if not path and credentials and not os.environ.get(name) and (given := Path(credentials, name)).is_file():
            path = os.environ[f"{name}_FILE"] = str(given)
        if path:
            _check(Path(path), name=f"{name}_FILE")


def _check(path: Path, *, name: str) -> None:
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        # Never the content: only what kind of error it was.
        raise ImproperlyConfigured(f"Settings refused. {name}: {path} cannot be read: {type(error).__name__}") from None


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        # A hard link appears whole or not at all, and refuses to replace another process's key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
