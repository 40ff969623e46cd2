"""Runs the site and an embedded worker together, until Ctrl-C or the end of either."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESS = "127.0.0.1:8000"
MANAGE = (sys.executable, str(ROOT / "manage.py"))
#: Long enough for a worker to hand its jobs back.
STOP_SECONDS = 15


def manage(*arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a management command to its end; a failure ends this program with the command's own message."""
    done = subprocess.run([*MANAGE, *arguments], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def prepare(environment: Mapping[str, str] | None = None) -> None:
    """Bring the database up to date and collect the static files."""
    manage("migrate", "--verbosity", "0", environment=environment)
    manage("collectstatic", "--no-input", "--verbosity", "0", environment=environment)


def web_command(address: str) -> list[str]:
    """The web server: two processes with threads, so that one page is made while another is."""
    return [
        sys.executable, "-m", "gunicorn", "--config", "python:scitex_cloud.serving", "--bind", address,
        "--workers", "2", "--worker-class", "gthread", "--threads", "16",
        "--worker-tmp-dir", "/dev/shm" if Path("/dev/shm").is_dir() else ".",  # noqa: S108 - a heartbeat file only
        "--log-level", "warning", "scitex_cloud.wsgi",
    ]  # fmt: skip


def start(
    address: str, environment: Mapping[str, str] | None = None, *, log: IO[bytes] | None = None
) -> list[subprocess.Popen[bytes]]:
    """Start the web server and the worker; both write to ``log``, or where we write.

    Each is in a session of its own, so that Ctrl-C reaches us first and a worker is told to stop once, not twice.
    """
    commands: Sequence[list[str]] = (web_command(address), [*MANAGE, "run_enrichment_worker"])
    return [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        for command in commands
    ]


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask each process to finish, then insist."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def stop_on_signals() -> None:
    """Make SIGTERM and a closed terminal end this program as Ctrl-C does, so that nothing is left running."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def refuse_taken(address: str) -> None:
    """End this program where another one listens there: the web server would only try again and again."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        # As the web server binds: what is left of connections of an earlier run is in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SystemExit(f"Another program listens on {address} already; stop that one first.") from None
            raise


def main() -> int:
    """Run both until one ends or somebody stops us; 0 when stopped, 1 when a process ended by itself."""
    stop_on_signals()
    refuse_taken(ADDRESS)
    prepare()
    processes = start(ADDRESS)
    print(f"SciTeX Scholar is on http://{ADDRESS} (Ctrl-C stops it)", flush=True)  # noqa: T201
    try:
        os.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(processes)
    print("A process ended by itself; stopped the other one.", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
