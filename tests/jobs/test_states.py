"""What the database holds a job to, and what may follow what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.scholar_app import jobs
from apps.scholar_app.models import TRANSITIONS, EnrichmentJob, Status
from tests.jobs.making import DAY, MINUTE, NOW, claimed, complete, completed, put_back, row, submitted, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.promises]

NOT_STARTED: dict[str, Any] = {"started_at": None}
PENDING: dict[str, Any] = {"status": Status.PENDING}
PROCESSING: dict[str, Any] = {"status": Status.PROCESSING, "token": 1, "started_at": NOW, "lease_until": NOW}
ENDED: dict[str, Any] = {"started_at": NOW, "finished_at": NOW}
PUBLISHED: dict[str, Any] = {"result_name": "results/a.bib", "report_name": "results/a.json"}
COMPLETED: dict[str, Any] = {"status": Status.COMPLETED, **ENDED, **PUBLISHED}
FAILED: dict[str, Any] = {"status": Status.FAILED, **ENDED, "error_code": "source_away"}
CANCELLED: dict[str, Any] = {"status": Status.CANCELLED, **ENDED}


@pytest.mark.parametrize(
    "columns",
    [
        PENDING,
        PROCESSING,
        COMPLETED,
        FAILED,
        FAILED | NOT_STARTED,
        CANCELLED,
        CANCELLED | NOT_STARTED,
    ],
)
def test_a_row_whose_columns_agree_with_its_status_is_accepted(columns: dict[str, Any]) -> None:
    job = EnrichmentJob.objects.create(visitor=uuid4(), **columns)
    assert row(job.pk).status == columns["status"]


@pytest.mark.parametrize(
    "columns",
    [
        PENDING | {"started_at": NOW},
        PENDING | {"lease_until": NOW},
        PENDING | {"finished_at": NOW},
        PROCESSING | {"started_at": None},
        PROCESSING | {"lease_until": None},
        PROCESSING | {"finished_at": NOW},
        PROCESSING | {"token": 0},
        COMPLETED | {"finished_at": None},
        COMPLETED | {"started_at": None},
        COMPLETED | {"lease_until": NOW},
        COMPLETED | {"result_name": ""},
        COMPLETED | {"report_name": ""},
        COMPLETED | {"error_code": "odd"},
        FAILED | {"finished_at": None},
        FAILED | {"error_code": ""},
        FAILED | {"lease_until": NOW},
        FAILED | PUBLISHED,
        CANCELLED | {"finished_at": None},
        CANCELLED | {"result_name": "results/a.bib"},
        CANCELLED | {"error_message": "odd"},
        PENDING | {"report_name": "results/a.json"},
        PENDING | {"status": "unknown"},
        PENDING | {"visitor": None},
    ],
)
def test_a_row_whose_columns_contradict_each_other_is_refused_by_the_database(columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrichmentJob.objects.create(**{"visitor": uuid4()} | columns)


def test_a_job_has_one_owner_not_two() -> None:
    user = User.objects.create_user("ada")
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrichmentJob.objects.create(user=user, visitor=uuid4())


@pytest.mark.parametrize("second", [PENDING, PROCESSING])
def test_the_database_refuses_a_second_active_job_of_one_owner(second: dict[str, Any]) -> None:
    user, visitor_id = User.objects.create_user("ada"), uuid4()
    for owner in ({"user": user}, {"visitor": visitor_id}):
        EnrichmentJob.objects.create(**owner)
        with pytest.raises(IntegrityError), transaction.atomic():
            EnrichmentJob.objects.create(**owner, **second)


def test_finished_jobs_of_one_owner_may_be_many() -> None:
    user = User.objects.create_user("ada")
    for columns in (COMPLETED, COMPLETED, FAILED, FAILED, CANCELLED, PENDING):
        EnrichmentJob.objects.create(user=user, **columns)
    assert EnrichmentJob.objects.filter(user=user).count() == 6


def test_no_state_follows_a_finished_one() -> None:
    assert {status for status, following in TRANSITIONS.items() if not following} == {
        Status.COMPLETED,
        Status.FAILED,
        Status.CANCELLED,
    }


def test_every_status_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(Status)


ACTIONS = ("claim", "renew", "hand_back", "complete", "fail", "cancel", "fail_stale", "rescue")


class Expected:
    """What we expect of one job, in plain Python."""

    def __init__(self) -> None:
        self.status, self.token, self.rescues = Status.PENDING, 0, 0
        self.holder: int | None = None
        self.completed_by: int | None = None

    def go(self, status: Status, *, holder: int | None = None) -> bool:
        if status not in TRANSITIONS[self.status]:
            return False
        if status in {Status.PENDING, Status.PROCESSING}:
            self.token += 1
        self.status, self.holder = status, holder
        return True

    def is_held_by(self, token: int) -> bool:
        return self.status == Status.PROCESSING and self.holder == token


@given(steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 3)), max_size=12))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_in_whatever_order_a_job_takes_legal_steps_only_and_ends_once(
    steps: list[tuple[str, int]],
) -> None:
    EnrichmentJob.objects.all().delete()
    owner = visitor()
    job = EnrichmentJob.objects.create(**owner.columns())
    expected = Expected()
    claims: list[jobs.Claim] = []
    for action, which in steps:
        # Any claim that ever was, the newest first: late workers come back.
        claim = claims[-1 - which] if which < len(claims) else jobs.Claim(job.pk, token=99, attempt=1)
        before = row(job.pk)
        took = _act(action, job=before, owner=owner, claim=claim, claims=claims)
        assert took == _expect(action, expected, claim, claims), (action, before.status)
        now = row(job.pk)
        assert (now.status, now.token, now.rescues) == (expected.status, expected.token, expected.rescues)
        assert now.token >= before.token
        if before.status not in {Status.PENDING, Status.PROCESSING}:
            assert now.finished_at == before.finished_at
            assert now.result_name == before.result_name


def _act(action: str, *, job: EnrichmentJob, owner: jobs.Owner, claim: jobs.Claim, claims: list[jobs.Claim]) -> bool:
    if action == "claim":
        claimed = jobs.claim(worker="w", job_id=job.pk)
        claims += [claimed] if claimed else []
        return claimed is not None
    if action == "fail_stale":
        return sum(jobs.fail_stale(owner=owner, now=job.queued_at + DAY)) == 1
    if action == "rescue":
        return jobs.rescue_expired(now=job.queued_at + 5 * MINUTE) == 1
    if action == "cancel":
        return jobs.cancel(job.pk, [owner])
    if action == "fail":
        return jobs.fail(claim, code="hard_timeout", message="Too long.")
    late: dict[str, Callable[[jobs.Claim], bool]] = {
        "renew": jobs.renew,
        "hand_back": jobs.hand_back,
        "complete": complete,
    }
    return late[action](claim)


def _expect(action: str, expected: Expected, claim: jobs.Claim, claims: list[jobs.Claim]) -> bool:
    if action == "claim":
        took = expected.go(Status.PROCESSING, holder=expected.token + 1)
        assert not took or claims[-1].token == expected.holder
        return took
    if action == "rescue":
        return _expect_rescue(expected)
    if action in {"cancel", "fail_stale"}:
        return expected.go(Status.CANCELLED if action == "cancel" else Status.FAILED)
    return _expect_of_a_worker(action, expected, claim.token)


def _expect_of_a_worker(action: str, expected: Expected, token: int) -> bool:
    if action == "complete" and token == expected.completed_by:
        return True  # said once more, after the answer got lost: it is still so
    if not expected.is_held_by(token):
        return False
    if action == "complete":
        expected.completed_by = token
    following = {"hand_back": Status.PENDING, "complete": Status.COMPLETED, "fail": Status.FAILED}
    return action == "renew" or expected.go(following[action])


def _expect_rescue(expected: Expected) -> bool:
    if expected.status != Status.PROCESSING:
        return False
    if expected.rescues == 3:
        return expected.go(Status.FAILED)
    expected.rescues += 1
    return expected.go(Status.PENDING)


def test_a_finished_job_never_becomes_another_one() -> None:
    owner = visitor()
    done = completed(owner)
    claim = jobs.Claim(done.pk, done.token, done.attempt)
    assert not jobs.cancel(done.pk, [owner])
    assert not jobs.fail(claim, code="hard_timeout", message="")
    assert not jobs.hand_back(claim)
    assert jobs.fail_stale(now=NOW + 365 * 100 * DAY) == (0, 0)
    assert row(done.pk).status == Status.COMPLETED


def test_each_step_writes_one_line_with_ids_and_codes_and_nothing_of_the_user(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level("INFO", logger="scholar.jobs")
    owner = visitor()
    with django_capture_on_commit_callbacks(execute=True):
        job = submitted(owner, original_name="secret-thesis.bib", address="192.0.2.1")
        jobs.hand_back(claimed(job), reason="shutdown")
        complete(claimed(job))
        jobs.delete(job.pk, [owner])
    assert [record.getMessage() for record in caplog.records] == [
        f"job={job.pk} from=new to=pending reason=submitted",
        f"job={job.pk} from=pending to=processing reason=claimed token=1",
        f"job={job.pk} from=processing to=pending reason=shutdown token=2",
        f"job={job.pk} from=pending to=processing reason=claimed token=3",
        f"job={job.pk} from=processing to=completed reason=completed token=3",
        f"job={job.pk} from=completed to=deleted reason=deleted",
    ]


def test_a_cancelled_or_failed_job_is_logged_with_the_state_it_came_from(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level("INFO", logger="scholar.jobs")
    owner, waiting, working = visitor(), submitted(), claimed()
    with django_capture_on_commit_callbacks(execute=True):
        jobs.cancel(waiting.pk, [jobs.Owner.of(waiting)])
        put_back(working.job_id, started_at=timedelta(minutes=11))
        submitted(owner)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[:2] == [
        f"job={waiting.pk} from=pending to=cancelled reason=cancelled token=0",
        f"job={working.job_id} from=processing to=failed reason=processing_timeout",
    ]
