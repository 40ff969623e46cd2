"""Faults to be planted on purpose, each where others have had it, and the race that has to see it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from typing import Any, Final, NamedTuple
from unittest import mock

from django.db import connection
from django.utils import timezone

from apps.scholar_app import jobs
from apps.scholar_app.jobs import cleanup, owning, reviewing, running, statements, submitting, transitions, wishing
from apps.scholar_app.models import EnrichmentJob, JobQuerySet, Status
from tests.races.races import RACES, Case


class Planted(NamedTuple):
    """A fault: how to plant it, which race has to see it, and what is seen then."""

    plant: Callable[[], AbstractContextManager[Any]]
    race: str
    actors: tuple[str, ...]
    seen: str

    def cases(self) -> Iterator[Case]:
        """Of that race, those with these actors."""
        return (case for race in RACES[self.race] for case in race.cases() if case.actors == self.actors)


def _all_states_follow_all() -> AbstractContextManager[Any]:
    """The conditional UPDATE without its condition."""
    anything = dict.fromkeys(Status, frozenset(Status))
    held = mock.patch.object(
        running, "held", lambda claim: EnrichmentJob.objects.filter(pk=claim.job_id, token=claim.token)
    )
    return _both(held, mock.patch.object(transitions, "TRANSITIONS", anything))


def _no_fence() -> AbstractContextManager[Any]:
    """Any worker may end a job that is being worked on."""

    def held(claim: jobs.Claim) -> JobQuerySet:
        return EnrichmentJob.objects.filter(pk=claim.job_id, status=Status.PROCESSING)

    return mock.patch.object(running, "held", held)


def _read_then_save() -> AbstractContextManager[Any]:
    """The final save writes ``completed`` whatever the row says by then."""
    real = running.move

    def move(rows: JobQuerySet, *, to: Status, reason: str, **columns: Any) -> Any:
        job = rows.first() if to == Status.COMPLETED else None
        if job is None:
            return real(rows, to=to, reason=reason, **columns)
        ended = {"status": to, "lease_until": None, "finished_at": timezone.now(), "error_code": ""}
        for name, value in {**ended, **columns, "error_message": ""}.items():
            setattr(job, name, value)
        job.save(update_fields=[*ended, *columns, "error_message"])
        return [job]

    return mock.patch.object(running, "move", move)


def _choose_then_update_by_id() -> AbstractContextManager[Any]:
    """A queue that reads which job is next, and then takes that one."""

    def first(rows: JobQuerySet, limit: int | None) -> JobQuerySet:
        return EnrichmentJob.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:limit]))

    return mock.patch.object(statements, "first", first)


@contextmanager
def _no_unique_index() -> Iterator[None]:
    """One active job per owner is looked for before the INSERT, and no more."""
    (constraint,) = [one for one in EnrichmentJob._meta.constraints if one.name == "job_one_active_per_user"]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {constraint.name}")
    try:
        yield
    finally:
        EnrichmentJob.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(EnrichmentJob, constraint)


def _refusal_of_the_database_is_unforeseen() -> AbstractContextManager[Any]:
    return mock.patch.object(submitting, "IntegrityError", ZeroDivisionError)


def _losers_keep_their_files() -> AbstractContextManager[Any]:
    return mock.patch.object(running, "_discard", return_value=True)


def _anybodys(_: Any) -> JobQuerySet:
    return EnrichmentJob.objects.all()


def _no_owners() -> AbstractContextManager[Any]:
    """Whoever knows the id."""
    return mock.patch.object(owning, "owned_by", side_effect=_anybodys)


def _young_files_are_swept() -> AbstractContextManager[Any]:
    return mock.patch.object(cleanup, "ORPHAN_AGE", timedelta(hours=-1))


def _letters_are_read_then_deleted() -> AbstractContextManager[Any]:
    real = wishing._take
    return mock.patch.object(wishing, "_take", lambda job_id: real(job_id) or True)


def _what_was_asked_for_is_counted() -> AbstractContextManager[Any]:
    real = owning.count_deleted
    return mock.patch.object(owning, "count_deleted", lambda _, reason: real(1, reason=reason))


def _decisions_without_version() -> AbstractContextManager[Any]:
    def owned_by(owners: Any) -> Any:
        rows = mock.Mock()
        rows.filter = lambda **by: EnrichmentJob.objects.filter(pk=by["pk"])
        return rows

    return mock.patch.object(reviewing, "owned_by", owned_by)


def _finished_jobs_are_adopted_first() -> AbstractContextManager[Any]:
    """As it was until these races showed it."""

    def adopt(visitor: Any, user_id: int) -> int:
        theirs = EnrichmentJob.objects.filter(visitor=visitor)
        adopted = theirs.finished().update(user_id=user_id, visitor=None)
        return adopted + owning._adopt_active(theirs.active(), user_id)

    return mock.patch.object(jobs, "adopt", adopt)


@contextmanager
def _both(*patches: AbstractContextManager[Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield


#: In the words of ``docs/reliability.md``.
PLANTED: Final[Mapping[str, Planted]] = {
    "no state in the condition of an UPDATE": Planted(
        _all_states_follow_all, "cancel x complete", ("cancel", "work"), "changed its status"
    ),
    "read the row, then save it": Planted(
        _read_then_save, "cancel x complete", ("cancel", "work"), "changed its status"
    ),
    "no token in the condition": Planted(
        _no_fence, "late worker x next worker", ("work", "hand_back", "work_next"), "no longer held the job"
    ),
    "choose a job, then take it by its id": Planted(
        _choose_then_update_by_id, "two workers x one job", ("work", "work"), "its token from"
    ),
    "no unique index": Planted(_no_unique_index, "upload x upload", ("upload", "upload"), "has 2 active jobs"),
    "the unique index is not reckoned with": Planted(
        _refusal_of_the_database_is_unforeseen, "upload x upload", ("upload", "upload"), "IntegrityError"
    ),
    "a worker that lost keeps its files": Planted(
        _losers_keep_their_files, "delete x worker", ("delete", "work"), "was left behind"
    ),
    "no owner in the condition": Planted(
        _no_owners, "stranger x owner", ("stranger", "cancel"), "a stranger changed a job"
    ),
    "young files are swept": Planted(
        _young_files_are_swept, "upload x cleaner", ("upload", "sweep"), "a file is missing"
    ),
    "a letter is read, then deleted": Planted(
        _letters_are_read_then_deleted, "letter wish x end", ("post", "post"), "taken twice"
    ),
    "attempts are counted, not successes": Planted(
        _what_was_asked_for_is_counted, "delete x worker", ("delete", "delete"), "are counted"
    ),
    "no version in the condition of a decision": Planted(
        _decisions_without_version, "decide x decide", ("decide", "decide"), "upon the same version"
    ),
    "what has ended is adopted before what is active": Planted(
        _finished_jobs_are_adopted_first, "sign-in x job end", ("sign_in", "work"), "stayed with the visitor"
    ),
}
