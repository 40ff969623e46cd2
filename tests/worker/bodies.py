"""What a job's child may be given to do instead of enriching: every way of going wrong, and some of going right.

Bodies run in processes of their own; they speak with the test through files in the folder ``TEST_STAGE``.
"""

import ctypes
import hashlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from apps.scholar_app.enrichment.errors import DocumentError, DocumentProofError, SourceError
from apps.scholar_app.enrichment.record import Progress, SourceTally
from apps.scholar_app.supervision.product import OnProgress, Product, UploadMissingError
from tests.waiting import wait_until

PRODUCT = Product(result=b"@article{a, title = {T}}\n", report={"entries": []}, outcomes={"complete": 1})
FOR_EVER = 3600.0


def stage() -> Path:
    """Where bodies and tests meet."""
    return Path(os.environ["TEST_STAGE"])


def play(act: str, job_id: str) -> None:
    """Note that ``act`` began: its own file per process, so that a second run of a job is seen."""
    (stage() / f"{act}.{job_id}.{os.getpid()}").touch()


def done(job_id: str, on_progress: OnProgress) -> Product:
    play("done", job_id)
    return PRODUCT


def talks(job_id: str, on_progress: OnProgress) -> Product:
    """Prints, reads standard input, reports, and finishes."""
    print("to standard output")
    assert sys.stdin.read() == ""
    on_progress(Progress(entries_total=7, entries_done=3, outcomes={"enriched": 3}, activity="Asking Crossref"))
    wait_until((stage() / "go").exists, seconds=FOR_EVER)
    return Product(result=b"\xff\x00" * 100_000, report={"entries": ["ü" * 1000]}, outcomes={"enriched": 2})


def until_go(job_id: str, on_progress: OnProgress) -> Product:
    """Works, with safe points, until the test says go; then finishes."""
    play("until_go", job_id)

    def gone() -> bool:
        on_progress(Progress(entries_total=1, entries_done=0))
        return (stage() / "go").exists()

    wait_until(gone, seconds=FOR_EVER)
    return PRODUCT


def busy_until_go(job_id: str, on_progress: OnProgress) -> Product:
    """The same without safe points: it never listens."""
    play("busy_until_go", job_id)
    wait_until((stage() / "go").exists, seconds=FOR_EVER)
    return PRODUCT


def blocked_socket(job_id: str, on_progress: OnProgress) -> Product:
    """Reads from a server that never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    play("blocked_socket", job_id)
    client.recv(1)
    raise AssertionError("nobody answers")


def busy_loop(job_id: str, on_progress: OnProgress) -> Product:
    play("busy_loop", job_id)
    while True:
        pass


def deaf_busy_loop(job_id: str, on_progress: OnProgress) -> Product:
    """Holds the interpreter's lock: no other thread of the child runs."""
    play("deaf_busy_loop", job_id)
    ctypes.PyDLL(None).sleep(int(FOR_EVER))
    raise AssertionError("not reached")


def leaves(job_id: str, on_progress: OnProgress) -> Product:
    sys.exit(0)


def leaves_at_once(job_id: str, on_progress: OnProgress) -> Product:
    os._exit(0)


def interrupted(job_id: str, on_progress: OnProgress) -> Product:
    raise KeyboardInterrupt


def out_of_memory(job_id: str, on_progress: OnProgress) -> Product:
    raise MemoryError


def allocates(job_id: str, on_progress: OnProgress) -> Product:
    """Takes memory until it gets no more."""
    hoard = []
    while True:
        hoard.append(bytearray(32 * 1024 * 1024))


def crashes(job_id: str, on_progress: OnProgress) -> Product:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError("not reached")


def errs(job_id: str, on_progress: OnProgress) -> Product:
    title = "repap dehsilbupnu"[::-1]  # source lines may be logged, values may not
    raise ValueError(title)


def refuses(job_id: str, on_progress: OnProgress) -> Product:
    raise DocumentError("too_complex", "the braces are nested too deeply on line 12", line=12)


def proves_nothing(job_id: str, on_progress: OnProgress) -> Product:
    raise DocumentProofError("bytes 3 to 7 differ")


def misses_upload(job_id: str, on_progress: OnProgress) -> Product:
    raise UploadMissingError


def source_away(job_id: str, on_progress: OnProgress) -> Product:
    play("source_away", job_id)
    raise SourceError("crossref", "it did not answer for 120 seconds")


def source_away_later(job_id: str, on_progress: OnProgress) -> Product:
    """The first turn learns something before the source goes away; the next ones do not."""
    play("source_away_later", job_id)
    first = len(list(stage().glob(f"source_away_later.{job_id}.*"))) == 1
    tally = SourceTally(asked=2, answered=1 if first else 0)
    on_progress(Progress(entries_total=2, entries_done=0, sources={"crossref": tally}))
    raise SourceError("crossref", "it did not answer for 120 seconds")


def source_forbids(job_id: str, on_progress: OnProgress) -> Product:
    raise SourceError("openalex", "it refused our key", retryable=False)


def has_children(job_id: str, on_progress: OnProgress) -> Product:
    """Starts a process of its own, and hangs with it."""
    process = subprocess.Popen(["sleep", str(FOR_EVER)])
    (stage() / "grandchild").write_text(str(process.pid))
    process.wait()
    raise AssertionError("not reached")


def forges(job_id: str, on_progress: OnProgress) -> Product:
    """Speaks past the protocol, as a child taken over by its file might."""
    for descriptor in range(3, 10):
        try:
            line = socket.socket(fileno=os.dup(descriptor))
            line.send(b'{"kind":"Finished","result_bytes":5,"report_bytes":2,"sha256":"00","outcomes":{}}\n')
        except OSError:
            continue
    os._exit(0)


def babbles(job_id: str, on_progress: OnProgress) -> Product:
    """Sends a line without end."""
    for descriptor in range(3, 10):
        try:
            line = socket.socket(fileno=os.dup(descriptor))
            line.setblocking(True)
            while True:
                line.send(b"x" * 100_000)
        except OSError:
            continue
    raise AssertionError("not reached")


def reports_nonsense(job_id: str, on_progress: OnProgress) -> Product:
    return Product(result=b"", report={"entries": object()}, outcomes={})


def in_turns(job_id: str, on_progress: OnProgress) -> Product:
    """A large job and small ones: the large one (named in the file ``large``) needs three turns."""
    play("in_turns", job_id)
    turns = len(list(stage().glob(f"in_turns.{job_id}.*")))
    if (stage() / "large").read_text() != job_id or turns == 3:
        return PRODUCT
    learned = {"crossref": SourceTally(asked=1, answered=1)}

    def reported() -> bool:
        on_progress(Progress(entries_total=3, entries_done=turns, sources=learned))
        return False

    wait_until(reported, seconds=FOR_EVER)
    raise AssertionError("not reached")


def never_ends_among_short_ones(job_id: str, on_progress: OnProgress) -> Product:
    """A large job (named in the file ``large``) that needs turns without end, and small ones of a fifth of a second."""
    play("never_ends_among_short_ones", job_id)
    is_large, began = (stage() / "large").read_text() == job_id, time.monotonic()
    learned = {"crossref": SourceTally(asked=1, answered=1)}

    def is_over() -> bool:
        on_progress(Progress(entries_total=2, entries_done=1, sources=learned))
        return not is_large and time.monotonic() - began > 0.2

    wait_until(is_over, seconds=FOR_EVER)
    return PRODUCT


def halfway(job_id: str, on_progress: OnProgress) -> Product:
    """Gets half of it done, and waits for the test."""
    on_progress(Progress(10, 5, outcomes={"enriched": 4, "not_found": 1}, activity="Asking Crossref"))
    wait_until((stage() / "go").exists, seconds=FOR_EVER)
    return PRODUCT


class Boasting(bytes):
    """Says that it is longer than it is."""

    def __len__(self) -> int:
        return super().__len__() + 5


def delivers_less(job_id: str, on_progress: OnProgress) -> Product:
    """Announces more bytes than there are."""
    return Product(result=Boasting(b"@article{a}"), report={}, outcomes={})


def delivers_something_else(job_id: str, on_progress: OnProgress) -> Product:
    """Announces other bytes than there are."""
    hashlib.sha256 = hashlib.sha3_256
    return PRODUCT


def is_killed_after_its_last_word(job_id: str, on_progress: OnProgress) -> Product:
    logging.shutdown = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    return PRODUCT


def learns(job_id: str, on_progress: OnProgress) -> Product:
    """Learns something, and works on for ever with safe points."""
    return _learn(on_progress, deaf=False)


def learns_and_goes_deaf(job_id: str, on_progress: OnProgress) -> Product:
    """Learns something, and works on for ever without safe points."""
    return _learn(on_progress, deaf=True)


def _learn(on_progress: OnProgress, *, deaf: bool) -> Product:
    learned = Progress(2, 1, sources={"crossref": SourceTally(asked=1, answered=1)})

    def report_for_ever() -> bool:
        if not deaf:
            on_progress(learned)
        return False

    on_progress(learned)
    wait_until(report_for_ever, seconds=FOR_EVER)
    raise AssertionError("not reached")
