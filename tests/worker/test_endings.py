"""What becomes of a job when its child has ended, and the sentences people read about it."""

import signal

import pytest

from apps.scholar_app.enrichment.record import Progress, SourceTally
from apps.scholar_app.supervision import reasons
from apps.scholar_app.supervision.endings import Ending, HandBack, Lost, ending_of
from apps.scholar_app.supervision.process import Delivery, Died
from apps.scholar_app.supervision.protocol import Away, Failed, Message, Stopped
from apps.scholar_app.supervision.watchdog import Watch

DELIVERY = Delivery(b"@article{a}", {}, {"complete": 1})
CROSSREF_AWAY = Away("crossref", "503", retryable=True)
CROSSREF_FORBIDS = Away("crossref", "403", retryable=False)
DATABASE_AWAY = Away("database", "", retryable=True)


def watch(*, learned_from: str = "") -> Watch:
    readings = Watch(started=0, renewed=0)
    if learned_from:
        tally = {learned_from: SourceTally(asked=1, answered=1)}
        readings.note(Progress(1, 0, sources=tally), now=1)
    return readings


@pytest.mark.parametrize(
    ("conclusion", "learned_from", "ending"),
    [
        (DELIVERY, "", DELIVERY),
        (Failed("empty", "The file is empty."), "", Failed("empty", "The file is empty.")),
        (Stopped(), "", HandBack.TURN_OVER),
        (CROSSREF_AWAY, "crossref", HandBack.SOURCE_AWAY),
        (CROSSREF_AWAY, "", reasons.source_away("crossref", "503")),
        (CROSSREF_AWAY, "openalex", reasons.source_away("crossref", "503")),
        (CROSSREF_FORBIDS, "crossref", reasons.source_away("crossref", "403")),
        (DATABASE_AWAY, "crossref", HandBack.DATABASE_AWAY),
        (DATABASE_AWAY, "", Lost()),
        (DATABASE_AWAY, "catalogue", Lost()),
        (Died(0), "", reasons.died(0)),
        (Died(-signal.SIGKILL), "", reasons.died(-signal.SIGKILL)),
        (Died(-signal.SIGXCPU), "", reasons.OUT_OF_CPU),
    ],
)
def test_each_end_has_its_consequence(conclusion: Message | Delivery | Died, learned_from: str, ending: Ending) -> None:
    assert ending_of(conclusion, watch=watch(learned_from=learned_from), stopping=False) == ending


@pytest.mark.parametrize(
    ("conclusion", "ending"),
    [
        (DELIVERY, DELIVERY),
        (Failed("empty", "The file is empty."), Failed("empty", "The file is empty.")),
        (Stopped(), HandBack.SHUTDOWN),
        (CROSSREF_AWAY, HandBack.SHUTDOWN),
        (Died(-signal.SIGKILL), HandBack.SHUTDOWN),
        (Died(-signal.SIGSEGV), reasons.died(-signal.SIGSEGV)),
    ],
)
def test_leaving_is_no_reason_to_fail_a_job(conclusion: Message | Delivery | Died, ending: Ending) -> None:
    assert ending_of(conclusion, watch=watch(), stopping=True) == ending


REASONS = [
    reasons.OUT_OF_MEMORY,
    reasons.OUT_OF_CPU,
    reasons.INTERNAL_ERROR,
    reasons.NOT_PROVED,
    reasons.NOT_STORED,
    reasons.UPLOAD_MISSING,
    reasons.died(-signal.SIGSEGV),
    reasons.died(-64),
    reasons.died(1),
    reasons.hard_timeout(480),
    reasons.no_progress(90),
    reasons.source_away("semanticscholar", "x y" * 1000),
]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.code)
def test_reason_says_what_to_do_and_fits_into_its_columns(reason: Failed) -> None:
    assert reason.message.endswith(".")
    assert any(word in reason.message for word in ("try", "Try", "split", "report", "upload it again"))
    assert len(reason.message) <= 500
    assert len(reason.code) <= 40


def test_reasons_speak_of_time_and_sources_as_people_do() -> None:
    assert "within 8 minutes" in reasons.hard_timeout(480).message
    assert "for 90 seconds" in reasons.no_progress(90).message
    assert reasons.source_away("europepmc", "503").message.startswith("Europe PMC could not be asked (503).")
    assert "signal SIGSEGV" in reasons.died(-signal.SIGSEGV).message
