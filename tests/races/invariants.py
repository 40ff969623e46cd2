"""What holds after every race, whoever came first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Count

from apps.scholar_app import files, jobs
from apps.scholar_app.models import FINISHED, TRANSITIONS, EnrichmentJob, Status
from tests.jobs.making import names_of, stored_names
from tests.races import witness
from tests.races.actors import Did
from tests.races.world import World, tallied_since

#: What an upload does besides, and tells nobody: it fails what is stale, and may cancel what it replaces.
_HIDDEN: Final = ("failed:processing_timeout", "failed:never_started", "cancelled")
SUBMITTERS: Final = frozenset({"upload", "replace", "retry"})

Changes = list[witness.Change]


def broken(world: World, *, names: Sequence[str], dids: Sequence[Did]) -> list[str]:
    """Everything that does not hold: nothing, where all is well. Sweeps the files, so that orphans show."""
    changes = witness.history()
    before, expected = stored_names(), _names_known()
    left = [f"a file was left behind: {name}" for name in sorted(before - expected - world.orphans)]
    return [
        *world.complaints,
        *_one_active_job(),
        *_what_ended_stays_ended(changes),
        *_lawful(changes),
        *_whole(),
        *(f"a file is missing: {name}" for name in sorted(expected - before)),
        *left,
        *_nothing_left_after_a_sweep(),
        *_as_they_said(changes, names=names, dids=dids),
        *_tallied(world, changes, left_site="leave" in names),
        *_letters(world, names=names, dids=dids),
        *(["two decided upon the same version"] if sum(did["decided"] for did in dids) > 1 else []),
    ]


def _one_active_job() -> Iterator[str]:
    for column in ("user_id", "visitor"):
        owners = EnrichmentJob.objects.active().filter(**{f"{column.removesuffix('_id')}__isnull": False})
        crowded = owners.values(column).annotate(count=Count("*")).filter(count__gt=1)
        yield from (f"an owner has {owner['count']} active jobs" for owner in crowded)


def _what_ended_stays_ended(changes: Changes) -> Iterator[str]:
    for before, after in changes:
        if before and after and before["status"] in FINISHED:
            altered = [name for name in witness.SETTLED if before[name] != after[name]]
            if altered:
                yield f"a {before['status']} job changed its {', '.join(altered)}"


def _lawful(changes: Changes) -> Iterator[str]:
    for before, after in changes:
        if not before or not after:
            continue
        came, went = Status(before["status"]), Status(after["status"])
        if went != came and went not in TRANSITIONS[came]:
            yield f"a job went from {came} to {went}"
        if after["token"] != before["token"] + (went != came and went not in FINISHED):
            yield f"a job went from {came} to {went}, and its token from {before['token']} to {after['token']}"
        if before["visitor"] is None and after["user_id"] != before["user_id"]:
            yield "a user's job was given to somebody else"


def _whole() -> Iterator[str]:
    for job in EnrichmentJob.objects.filter(status=Status.COMPLETED):
        if sum(getattr(job, name) for name in jobs.OUTCOMES) != job.entries_total or job.entries_done != 6:
            yield "the outcomes of a completed job do not add up to its entries"
        if (job.result_name, job.report_name) != files.result_names(job.pk, job.token):
            yield "a result was published by somebody who no longer held the job"


def _names_known() -> set[str]:
    known: set[str] = set()
    for job in EnrichmentJob.objects.all():
        known |= names_of(job)
        known |= {files.reviewed_name(job.result_name)} & stored_names() if job.result_name else set()
    return known


def _nothing_left_after_a_sweep() -> Iterator[str]:
    jobs.sweep_orphans(now=datetime.now(tz=UTC) + timedelta(hours=2))
    if stored_names() != _names_known():
        yield f"after a sweep files and rows differ by {sorted(stored_names() ^ _names_known())}"


def _as_they_said(changes: Changes, *, names: Sequence[str], dids: Sequence[Did]) -> Iterator[str]:
    """Who believes to have won has won, and nobody else did."""
    said, happened = sum(dids, Counter[str]()), _as_actors_call_it(changes)
    if "leave" in names:
        happened["deleted"] = said["deleted"]
    for kind in sorted({*said, *happened} - {"wished"}):
        hidden = kind in _HIDDEN and SUBMITTERS & set(names)
        if said[kind] > happened[kind] or (said[kind] < happened[kind] and not hidden):
            yield f"{kind}: {said[kind]} of them believed, {happened[kind]} did"


def _as_actors_call_it(changes: Changes) -> Counter[str]:
    """Whoever rescues does not tell which jobs queue anew and which failed at last."""
    happened = witness.counted(changes)
    again = sum(bool(before and after and after["rescues"] > before["rescues"]) for before, after in changes)
    happened["pending"] -= again
    happened["rescued"] = again + happened.pop("failed:lease_expired", 0)
    return happened


def _tallied(world: World, changes: Changes, *, left_site: bool) -> Iterator[str]:
    """The operators' counters tell the same."""
    counts, happened = tallied_since(world), witness.counted(changes)
    told = Counter[str]()
    for label, number in counts.items():
        name, _, rest = label.partition(" ")
        if name == "jobs_ended":
            to, _, reason = rest.partition("|")
            told[f"failed:{reason}" if to == Status.FAILED else to] += number
        elif name in _COUNTERS:
            told[_COUNTERS[name]] += number
    for kind in sorted({*told, *happened} - {"processing", "adopted", "decided"}):
        if told[kind] != happened[kind]:
            yield f"{kind}: {told[kind]} are counted, {happened[kind]} were"


_COUNTERS: Final = {"jobs_submitted": "submitted", "jobs_requeued": "pending", "jobs_deleted": "deleted"}


def _letters(world: World, *, names: Sequence[str], dids: Sequence[Did]) -> Iterator[str]:
    """One for each wish, none twice."""
    world.letters.extend(job.pk for job, _ in jobs.take_letters())
    if len(world.letters) != len(set(world.letters)):
        yield "a letter was taken twice"
    wished = any(did["wished"] for did in dids) and not {"drop_wish", "leave"} & set(names)
    ended = EnrichmentJob.objects.filter(pk=world.job_id, status__in=(Status.COMPLETED, Status.FAILED)).exists()
    if wished and ended and world.job_id not in world.letters:
        yield "a letter was wished for and not sent"
