"""What people and processes do with jobs, each as an act that may die, and what has to hold for it afterwards."""

import os
from datetime import timedelta
from functools import cache
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.scholar_app import files, jobs
from apps.scholar_app.models import EnrichmentJob, LetterWish, Status
from tests.api.making import program, send
from tests.deaths.workers import work_off
from tests.jobs.making import DAY, MINUTE, claimed, completed, put_back, row, submitted
from tests.review.making import TEXT, enriched
from tests.web.making import content, fail, upload, url

PASSWORD = "correct horse battery staple"
RESULT, REPORT = enriched()


@cache
def _warm_up() -> None:
    """Have this process load what a request needs, or each that is forked from it does so anew."""
    Client().get(reverse("scholar:bibtex_form"))


class Scene:
    """An act, and who is concerned."""

    def __init__(self) -> None:
        self.client = Client()
        _warm_up()

    def act(self) -> object:
        """What may die."""
        raise NotImplementedError

    def again(self) -> None:
        """What whoever did it does when the answer does not come."""
        self.act()

    def check(self) -> None:
        """Called two minutes later, and again after :meth:`again`."""


class OfUser(Scene):
    """Somebody signed in."""

    def __init__(self) -> None:
        super().__init__()
        self.user = User.objects.create_user("ada", "ada@example.org", PASSWORD)
        self.owner = jobs.Owner(user_id=self.user.pk)
        self.client.force_login(self.user)


class Upload(Scene):
    """A visitor sends a file."""

    def act(self) -> object:
        return upload(self.client)

    def again(self) -> None:
        assert upload(self.client).status_code == 302

    def check(self) -> None:
        assert {job.status for job in EnrichmentJob.objects.all()} <= {Status.COMPLETED}


class UploadByProgram(Scene):
    """A program sends a file with a key of its own for this upload."""

    def __init__(self) -> None:
        super().__init__()
        self.client = program()

    def act(self) -> object:
        return send(self.client, headers={"Idempotency-Key": "monday"})

    def again(self) -> None:
        assert self.act().status_code in {200, 202}  # type: ignore[attr-defined]
        assert EnrichmentJob.objects.count() == 1


class Replacement(OfUser):
    """Somebody's job is active: the file is held, they choose, and it takes the place of the other; with a letter."""

    def __init__(self) -> None:
        super().__init__()
        self.first = submitted(self.owner)

    def act(self) -> object:
        choice = upload(self.client, letter="on")
        if choice.status_code != 409:
            return choice
        return self.client.post(reverse("scholar:bibtex_upload"), {"held": choice.context["held"], "replace": "1"})

    def check(self) -> None:
        assert row(self.first.pk).status in {Status.CANCELLED, Status.COMPLETED}
        assert jobs.jobs_of(self.owner).filter(status=Status.COMPLETED).exists()


class Work(OfUser):
    """A worker works on a job, from the claim to the letter."""

    def __init__(self) -> None:
        super().__init__()
        self.job = submitted(self.owner)
        LetterWish.objects.create(job_id=self.job.pk, link="http://testserver/")

    def act(self) -> None:
        work_off()

    def check(self) -> None:
        assert row(self.job.pk).status == Status.COMPLETED
        assert not LetterWish.objects.exists()


class Rescue(Scene):
    """A worker takes over what a dead one left in the middle of publishing."""

    def __init__(self) -> None:
        super().__init__()
        self.claim = claimed()
        files.write(files.result_names(self.claim.job_id, self.claim.token).result, b"not published")
        put_back(self.claim.job_id, lease_until=2 * MINUTE)

    def act(self) -> object:
        return jobs.rescue_expired()

    def check(self) -> None:
        assert (row(self.claim.job_id).status, row(self.claim.job_id).attempt) == (Status.COMPLETED, 2)


class CleanUp(Scene):
    """The clean-up finds something for each of its rules."""

    def __init__(self) -> None:
        super().__init__()
        self.old, self.kept = completed(ago=31 * DAY), completed()
        self.working, self.waiting = claimed(), submitted()
        put_back(self.working.job_id, started_at=11 * MINUTE)
        put_back(self.waiting.pk, queued_at=6 * MINUTE)
        files.write(files.upload_name(uuid4()), b"orphan")
        age_files()
        Session.objects.create(session_key="over", session_data="", expire_date=timezone.now() - timedelta(days=1))

    def act(self) -> object:
        return call_command("cleanup_stale_jobs", "--delete-old-jobs", "--json")

    def check(self) -> None:
        assert row(self.kept.pk).status == Status.COMPLETED

    def again(self) -> None:
        self.act()
        assert not EnrichmentJob.objects.filter(pk=self.old.pk).exists()


class Cancel(OfUser):
    """Somebody cancels their job."""

    def __init__(self) -> None:
        super().__init__()
        self.job = submitted(self.owner)

    def act(self) -> object:
        return self.client.post(url("job_cancel", self.job))

    def check(self) -> None:
        assert row(self.job.pk).status in {Status.CANCELLED, Status.COMPLETED}


class Delete(OfUser):
    """Somebody deletes a job that is done."""

    def __init__(self) -> None:
        super().__init__()
        self.job = completed(self.owner)
        LetterWish.objects.create(job_id=self.job.pk, link="http://testserver/")

    def act(self) -> object:
        return self.client.post(url("job_delete", self.job))

    def again(self) -> None:
        self.act()
        assert not EnrichmentJob.objects.exists()


class Retry(OfUser):
    """Somebody has a failed job done once more."""

    def __init__(self) -> None:
        super().__init__()
        self.job = fail(submitted(self.owner))

    def act(self) -> object:
        return self.client.post(url("job_retry", self.job))

    def check(self) -> None:
        assert row(self.job.pk).status == Status.FAILED
        assert {job.status for job in jobs.jobs_of(self.owner).exclude(pk=self.job.pk)} <= {Status.COMPLETED}


class Decision(OfUser):
    """Somebody leaves a field out, and downloads the file as they decided."""

    def __init__(self) -> None:
        super().__init__()
        claim = claimed(submitted(self.owner, data=TEXT.encode()))
        assert jobs.complete(claim, result=RESULT, report=REPORT, outcomes={"enriched": 2})
        self.job_id: UUID = claim.job_id

    def act(self) -> object:
        self.client.post(url("job_decide", self.job_id), {"do": "reject 0 publisher", "version": 0})
        return content(self.client.get(url("job_download", self.job_id)))

    def check(self) -> None:
        decided = bool(row(self.job_id).decisions_version)
        downloaded = content(self.client.get(url("job_download", self.job_id)))
        assert (downloaded == RESULT) == (not decided)
        assert (downloaded.count(b"publisher") == RESULT.count(b"publisher") - 1) == decided


class AccountDeletion(OfUser):
    """Somebody deletes their account, with a job that is done and one that waits."""

    def __init__(self) -> None:
        super().__init__()
        completed(self.owner)
        submitted(self.owner)

    def act(self) -> object:
        return self.client.post(reverse("scholar:account_delete"), {"password": PASSWORD})

    def again(self) -> None:
        if User.objects.exists():
            self.client.force_login(self.user)
            self.act()
        assert not User.objects.exists()
        assert not EnrichmentJob.objects.exists()

    def check(self) -> None:
        assert jobs.jobs_of(self.owner).count() == 2 * User.objects.count()


class SignIn(OfUser):
    """A visitor with a job that is done and one that waits signs in, and brings them along."""

    def __init__(self) -> None:
        super().__init__()
        self.client.logout()
        assert upload(self.client).status_code == 302
        work_off()
        assert upload(self.client).status_code == 302

    def act(self) -> object:
        return self.client.post(reverse("scholar:sign_in"), {"username": "ada", "password": PASSWORD})

    def again(self) -> None:
        self.act()
        assert jobs.jobs_of(self.owner).count() == 2

    def check(self) -> None:
        assert {job.status for job in EnrichmentJob.objects.all()} == {Status.COMPLETED}


SCENES: dict[str, type[Scene]] = {
    "upload": Upload,
    "upload by a program": UploadByProgram,
    "replacement": Replacement,
    "work": Work,
    "rescue": Rescue,
    "clean-up": CleanUp,
    "cancel": Cancel,
    "delete": Delete,
    "retry": Retry,
    "decision": Decision,
    "account deletion": AccountDeletion,
    "sign-in": SignIn,
}


def age_files() -> None:
    """All that is stored is two hours older."""
    for folder in files.FOLDERS:
        for file in files.stored(folder):
            before = file.modified.timestamp() - 2 * 3600
            os.utime(default_storage.path(file.name), (before, before))
