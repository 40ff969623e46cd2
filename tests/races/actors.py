"""Everybody who changes jobs, each as the product does it; what they say they did is held against what happened."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User

from apps.scholar_app import jobs, reviews
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.jobs import operating
from apps.scholar_app.models import EnrichmentJob, Status
from apps.scholar_app.review.decisions import Decision
from tests.races.interleaving import aside
from tests.races.world import UPLOAD, World, product

#: How often each kind of change (``witness.Change.kind``) was made, in the actor's own opinion.
Did = Counter[str]
Actor = Callable[[World], Did]
#: What people are told when they come too late or are not let in: answers, not faults.
_REFUSALS: Final = (jobs.ActiveJobExists, jobs.QueueFull, jobs.TooManyUploads, EnrichmentJob.DoesNotExist)


@contextmanager
def _refusable() -> Iterator[None]:
    with suppress(*_REFUSALS, FileNotFoundError, reviews.Outdated):
        yield


def upload(world: World, *, replace: bool = False) -> Did:
    did = Did()
    with _refusable():
        jobs.submit(world.owner, data=UPLOAD, original_name="a.bib", entries_total=6, replace=replace)
        did["submitted"] += 1
    return did


def replace(world: World) -> Did:
    return upload(world, replace=True)


def retry(world: World) -> Did:
    did = Did()
    with _refusable():
        jobs.retry(world.job_id, world.owners)
        did["submitted"] += 1
    return did


def work(world: World) -> Did:
    """The worker that holds the job, who is one alone; or one that comes for it."""
    return _worked(*_claimed(world)) if world.worker.acquire(blocking=False) else work_next(world)


def work_next(world: World) -> Did:
    """A worker that holds nothing yet."""
    return _worked(*_newly_claimed())


def _worked(claim: jobs.Claim | None, did: Did) -> Did:
    """Word of the progress, then the result."""
    if claim and jobs.renew(claim, progress=Progress(6, 3, {"enriched": 3})):
        result, report, outcomes = product()
        did["completed"] += jobs.complete(claim, result=result, report=report, outcomes=outcomes)
    return did


def break_off(world: World) -> Did:
    """A worker whose child died."""
    claim, did = _claimed(world)
    if claim:
        did["failed:process_died"] += jobs.fail(claim, code="process_died", message="It broke off.")
    return did


def hand_back(world: World) -> Did:
    """A worker whose turn is over."""
    claim, did = _claimed(world)
    if claim:
        did["pending"] += jobs.hand_back(claim)
    return did


def _claimed(world: World) -> tuple[jobs.Claim | None, Did]:
    return (world.claim, Did()) if world.claim else _newly_claimed()


def _newly_claimed() -> tuple[jobs.Claim | None, Did]:
    claim = jobs.claim(worker="worker")
    return claim, Did(processing=claim is not None)


def sweep(world: World) -> Did:
    """What workers do every few seconds, and the clean-up more rarely."""
    stale, rescued = jobs.fail_stale(), jobs.rescue_expired()
    deleted = jobs.delete_old(30).jobs
    jobs.sweep_orphans()
    failed = {"failed:processing_timeout": stale.processing, "failed:never_started": stale.pending}
    return Did({**failed, "rescued": rescued, "deleted": deleted})


def clean_up(world: World) -> Did:
    """The timer's run, to its record."""
    report = jobs.clean_up(retention_days=30, delete_old_jobs=True, by="timer")
    failed = {"failed:processing_timeout": report.failed_processing, "failed:never_started": report.failed_pending}
    return Did({**failed, "deleted": report.deleted_jobs})


def cancel(world: World) -> Did:
    return Did(cancelled=jobs.cancel(world.job_id, world.owners))


def delete(world: World) -> Did:
    return Did(deleted=jobs.delete(world.job_id, world.owners))


def sign_in(world: World) -> Did:
    adopted = jobs.adopt(world.visitor, world.account.pk)
    with aside():
        if EnrichmentJob.objects.finished().filter(visitor=world.visitor).exists():
            world.complaints.append("a finished job stayed with the visitor who had just signed in")
    return Did(adopted=adopted)


def decide(world: World) -> Did:
    """A tab that shows the job as it was when the race began."""
    did = Did()
    if world.job and world.job.status == Status.COMPLETED:
        version = world.job.decisions_version
        change = reviews.deciding(world.job, [Decision("reject", entry=0, fields=("journal",))])
        with _refusable():
            did["decided"] += reviews.decide(world.job, world.owners, version=version, change=change) - version
    return did


def download(world: World) -> Did:
    """The file as its owner decided, which may have to be made first, and is kept."""
    with _refusable():
        job = jobs.find(world.job_id, world.owners)
        if job.status == Status.COMPLETED:
            with reviews.open_result(job) as file:
                file.read()
    return Did()


def leave(world: World) -> Did:
    """Delete the account."""
    with suppress(User.DoesNotExist):
        User.objects.get(pk=world.account.pk).delete()
    return Did()


def wish(world: World) -> Did:
    return Did(wished=jobs.wish_letter(world.job_id, world.owners, link="https://example.org/"))


def drop_wish(world: World) -> Did:
    jobs.drop_wish(world.job_id, world.owners)
    return Did()


def post(world: World) -> Did:
    """A worker that sends the letters that are due."""
    world.letters.extend(job.pk for job, _ in jobs.take_letters())
    return Did()


def stop(world: World) -> Did:
    return Did({"failed:stopped_by_operator": len(operating.stop([world.job_id]))})


def remove(world: World) -> Did:
    return Did(deleted=operating.remove([world.job_id]))


def stranger(world: World) -> Did:
    """Somebody who knows the job's address, and nothing else."""
    them = [jobs.Owner(visitor=UUID(int=1))]
    done = [jobs.cancel(world.job_id, them), jobs.delete(world.job_id, them)]
    if any(done):
        world.complaints.append("a stranger changed a job")
    return Did(cancelled=done[0], deleted=done[1])


ACTORS: Final[Mapping[str, Actor]] = {
    act.__name__: act
    for act in (
        *(upload, replace, retry, work, work_next, break_off, hand_back, sweep, clean_up, cancel, delete),
        *(sign_in, decide, download, leave, wish, drop_wish, post, stop, remove, stranger),
    )
}
