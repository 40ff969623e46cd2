"""One child process: what it delivers, what it may use, and that it is never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.supervision import reasons
from apps.scholar_app.supervision.process import Child, Delivery, Died
from apps.scholar_app.supervision.protocol import Away, Failed, Message, Order, Stopped
from tests.waiting import wait_until
from tests.worker import bodies
from tests.worker.conftest import StartChild
from tests.worker.processes import is_alive

pytestmark = pytest.mark.processes

JOB = "5f0c1a52-8c1e-4f0e-9d57-2b1d6b3c7a10"
LONG_LEASE = Order(JOB, lease_seconds=600)


def ended(child: Child) -> Message | Delivery | Died:
    wait_until(lambda: not child.is_running, what="the child's end")
    return child.conclude()


def begun(stage: Path, act: Callable[..., object]) -> None:
    wait_until(lambda: list(stage.glob(f"{act.__name__}.*")), what=f"{act.__name__} to begin")


def test_child_delivers_document_and_report_byte_for_byte(start_child: StartChild, stage: Path) -> None:
    child = start_child(bodies.talks)
    child.give(LONG_LEASE)
    (stage / "go").touch()
    assert ended(child) == Delivery(
        result=b"\xff\x00" * 100_000, report={"entries": ["ü" * 1000]}, outcomes={"enriched": 2}
    )


def test_child_says_how_far_it_is_while_it_works(start_child: StartChild, stage: Path) -> None:
    child = start_child(bodies.talks)
    child.give(LONG_LEASE)
    moved = wait_until(lambda: list(child.read()), what="progress")
    assert [message.progress for message in moved] == [
        Progress(entries_total=7, entries_done=3, outcomes={"enriched": 3}, activity="Asking Crossref")
    ]
    assert child.is_running


def test_last_progress_is_said_before_the_last_word(start_child: StartChild) -> None:
    child = start_child(bodies.source_away_later)
    child.give(LONG_LEASE)
    wait_until(lambda: not child.is_running)
    assert [moved.progress.sources["crossref"].answered for moved in child.read()] == [1]
    assert child.conclude() == Away("crossref", "it did not answer for 120 seconds", retryable=True)


def test_child_waits_for_its_order(start_child: StartChild, stage: Path) -> None:
    child = start_child(bodies.done)
    child.beat()
    assert child.is_running
    assert not list(stage.iterdir())


def test_asked_to_stop_it_stops_at_a_safe_point(start_child: StartChild, stage: Path) -> None:
    child = start_child(bodies.until_go)
    child.give(LONG_LEASE)
    begun(stage, bodies.until_go)
    child.stop()
    assert ended(child) == Stopped()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (bodies.refuses, Failed("too_complex", "the braces are nested too deeply on line 12")),
        (bodies.misses_upload, reasons.UPLOAD_MISSING),
        (bodies.proves_nothing, reasons.NOT_PROVED),
        (bodies.out_of_memory, reasons.OUT_OF_MEMORY),
        (bodies.errs, reasons.INTERNAL_ERROR),
        (bodies.leaves, reasons.INTERNAL_ERROR),
        (bodies.interrupted, reasons.INTERNAL_ERROR),
        (bodies.source_away, Away("crossref", "it did not answer for 120 seconds", retryable=True)),
        (bodies.source_forbids, Away("openalex", "it refused our key", retryable=False)),
        (bodies.leaves_at_once, Died(0)),
        (bodies.crashes, Died(-signal.SIGSEGV)),
    ],
)
def test_every_end_has_its_own_word(
    start_child: StartChild, body: Callable[..., object], message: Message | Died
) -> None:
    child = start_child(body)
    child.give(LONG_LEASE)
    assert ended(child) == message


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit a process's memory")
def test_memory_is_limited(start_child: StartChild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCITEX_JOB_MEMORY_MB", "512")
    child = start_child(bodies.allocates)
    child.give(LONG_LEASE)
    assert ended(child) == reasons.OUT_OF_MEMORY


def test_computing_time_is_limited(start_child: StartChild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCITEX_JOB_CPU_SECONDS", "2")
    child = start_child(bodies.busy_loop)
    child.give(LONG_LEASE)
    assert ended(child) == Died(-signal.SIGXCPU)


def test_text_of_an_unexpected_error_stays_out_of_the_log(
    start_child: StartChild, capfd: pytest.CaptureFixture[str]
) -> None:
    child = start_child(bodies.errs)
    child.give(LONG_LEASE)
    ended(child)
    log = capfd.readouterr().err
    assert "ValueError" in log
    assert "bodies.py" in log
    assert "unpublished" not in log


@pytest.mark.parametrize("body", [bodies.delivers_less, bodies.delivers_something_else])
def test_product_that_is_not_whole_is_not_delivered(start_child: StartChild, body: Callable[..., object]) -> None:
    child = start_child(body)
    child.give(LONG_LEASE)
    assert ended(child) == Died(0)


def test_product_of_a_child_that_was_killed_at_the_end_is_not_delivered(start_child: StartChild) -> None:
    child = start_child(bodies.is_killed_after_its_last_word)
    child.give(LONG_LEASE)
    assert ended(child) == Died(-signal.SIGKILL)


@pytest.mark.parametrize("body", [bodies.forges, bodies.babbles])
def test_lies_of_a_child_are_not_believed(start_child: StartChild, body: Callable[..., object]) -> None:
    child = start_child(body)
    child.give(LONG_LEASE)
    wait_until(lambda: list(child.read()) or not child.is_running, what="the end of the liar")
    assert isinstance(child.conclude(), Died)


@pytest.mark.parametrize("body", [bodies.blocked_socket, bodies.busy_loop, bodies.deaf_busy_loop])
def test_hanging_child_is_killed(start_child: StartChild, stage: Path, body: Callable[..., object]) -> None:
    child = start_child(body)
    child.give(LONG_LEASE)
    begun(stage, body)
    child.kill()
    assert ended(child) == Died(-signal.SIGKILL)


def test_what_a_child_started_dies_with_it(start_child: StartChild, stage: Path) -> None:
    child = start_child(bodies.has_children)
    child.give(LONG_LEASE)
    pid = int(wait_until(lambda: (stage / "grandchild").exists() and (stage / "grandchild").read_text()))
    assert is_alive(pid)
    child.close()
    wait_until(lambda: not is_alive(pid), what="the grandchild's end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_meant_for_the_worker_do_not_end_a_job(
    start_child: StartChild, stage: Path, number: signal.Signals
) -> None:
    child = start_child(bodies.busy_until_go)
    os.kill(child.pid, number)  # before its first line of Python ran
    child.give(LONG_LEASE)
    begun(stage, bodies.busy_until_go)
    os.kill(child.pid, number)
    (stage / "go").touch()
    assert ended(child) == Delivery(bodies.PRODUCT.result, bodies.PRODUCT.report, bodies.PRODUCT.outcomes)


def test_child_leaves_when_its_worker_is_silent_for_as_long_as_the_lease(start_child: StartChild, stage: Path) -> None:
    child = start_child(bodies.busy_until_go)
    child.give(Order(JOB, lease_seconds=0.5))
    assert ended(child) == Died(os.EX_UNAVAILABLE)


@pytest.mark.parametrize("body", [bodies.busy_loop, bodies.until_go])
def test_child_leaves_when_the_line_is_cut(start_child: StartChild, stage: Path, body: Callable[..., object]) -> None:
    child = start_child(body)
    child.give(LONG_LEASE)
    begun(stage, body)
    child._line.close()
    wait_until(lambda: not child.is_running, what="the child to notice")


def test_child_whose_worker_speaks_stays(start_child: StartChild, stage: Path) -> None:
    spoken_to = start_child(bodies.busy_until_go)
    forgotten = start_child(bodies.busy_until_go)
    for child in (spoken_to, forgotten):
        child.give(Order(JOB, lease_seconds=2))

    def forgotten_left() -> bool:
        spoken_to.beat()
        return not forgotten.is_running

    wait_until(forgotten_left, what="the child nobody speaks to")
    assert spoken_to.is_running


_PARENT = f"""
import signal, sys
from apps.scholar_app.supervision.process import Child
from apps.scholar_app.supervision.protocol import Order
if __name__ == "__main__":
    busy, spare = (Child(body="{bodies.__name__}." + sys.argv[1]) for _ in range(2))
    busy.give(Order("{JOB}", lease_seconds=600))
    print(busy.pid, spare.pid, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("body", [bodies.until_go, bodies.busy_loop, bodies.deaf_busy_loop, bodies.blocked_socket])
def test_no_child_outlives_a_killed_worker(stage: Path, body: Callable[..., object]) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, body.__name__], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        busy, spare = map(int, parent.stdout.readline().split())
        begun(stage, body)
        parent.kill()
    wait_until(lambda: not is_alive(busy) and not is_alive(spare), what="the orphans' end")


def test_speaking_to_a_dead_child_does_no_harm(start_child: StartChild) -> None:
    child = start_child(bodies.done)
    child.kill()
    wait_until(lambda: not child.is_running)
    child.beat()
    child.stop()
    child.kill()
    assert child.conclude() == Died(-signal.SIGKILL)


def test_report_that_is_no_json_is_an_error_of_ours(start_child: StartChild) -> None:
    child = start_child(bodies.reports_nonsense)
    child.give(LONG_LEASE)
    assert ended(child) == reasons.INTERNAL_ERROR


def test_child_gives_way_to_whoever_waits_for_a_page(start_child: StartChild, stage: Path) -> None:
    """Niceness alone counts for nothing against other sessions where the kernel weighs sessions."""
    child = start_child(bodies.until_go)
    child.give(LONG_LEASE)
    begun(stage, bodies.until_go)
    pid = int(next(stage.glob("until_go.*")).suffix[1:])
    assert os.getpriority(os.PRIO_PROCESS, pid) >= os.getpriority(os.PRIO_PROCESS, 0) + 10
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text(encoding="ascii").split()[-2:] == ["nice", "10"]
