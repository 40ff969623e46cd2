"""The secret key of an installation: made once, kept in the data directory, readable by its owner alone."""

import os
import secrets
from pathlib import Path


def secret_key(path: Path) -> str:
    """The key kept in ``path``; made first where there is none. Several processes starting at once agree on one."""
    if not path.exists():
        _create(path)
    return path.read_text(encoding="ascii").strip()


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
