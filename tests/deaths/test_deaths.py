"""``kill -9`` after each step of what anybody does with a job: the service sets it right, and no hand is needed.

The steps stand in ``docs/reliability.md``, and nowhere else; the acts are held against them, and they against the acts.
"""

import re
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from apps.scholar_app import files, jobs, letters
from apps.scholar_app.models import EnrichmentJob, Status
from tests.deaths.mortals import Mortal, dies, steps_of
from tests.deaths.scenes import SCENES, Scene, age_files
from tests.deaths.workers import work_off
from tests.jobs.making import put_back, stored_names
from tests.test_settings import ROOT
from tests.web.making import url

pytestmark = [
    pytest.mark.processes,
    pytest.mark.promises,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("mailbox"),
]

_TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
_TABLES = re.findall(r"^#### ([\w -]+)\n(.*?)(?=^#|\Z)", _TEXT, re.MULTILINE | re.DOTALL)
#: The steps of each act, in their order.
STEPS = {
    name.lower(): re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE)))
    for name, table in _TABLES
}
TWO_MINUTES = timedelta(minutes=2)


def two_minutes_later() -> None:
    """The other worker has come by, and so has the timer."""
    for job in EnrichmentJob.objects.active():
        put_back(
            job.pk, **{name: TWO_MINUTES for name in ("queued_at", "started_at", "lease_until") if getattr(job, name)}
        )
    work_off()
    clean_up()


def clean_up() -> None:
    """As the timer's run does."""
    jobs.clean_up(retention_days=30, delete_old_jobs=True, by="timer")
    letters.post_due()


def assert_sound() -> None:
    """No job is stuck, none is without its files, and none shows a half of something."""
    stored = stored_names()
    for job in EnrichmentJob.objects.all():
        assert not job.is_active
        assert {name for name in (job.upload_name, job.result_name, job.report_name) if name} <= stored
        assert bool(job.result_name) == (job.status == Status.COMPLETED)
        assert not job.result_name or files.read(job.result_name).endswith(b"}\n")


def assert_pages_answer(client: Client) -> None:
    """Theirs as pages, others' as what is not there."""
    for job in EnrichmentJob.objects.all():
        assert client.get(url("job_progress", job)).status_code in {200, 404}


def assert_nothing_is_left_over() -> None:
    """An hour later: every file is some job's."""
    age_files()
    clean_up()
    rows = EnrichmentJob.objects.values_list("upload_name", "result_name", "report_name")
    named = {name for row in rows for name in row if name}
    assert stored_names() <= named | {companion for name in named for companion in files.companions(name)}


@pytest.mark.parametrize("name", SCENES)
def test_every_step_of_an_act_stands_in_the_document(name: str) -> None:
    assert steps_of(SCENES[name]().act) == STEPS[name]


def test_the_document_tells_of_no_other_acts() -> None:
    assert list(STEPS) == list(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_who_dies_at_any_step_loses_nothing_and_leaves_nothing(name: str, mailbox: Path) -> None:
    for number, scene in anew(name, mailbox):
        assert dies(scene.act, last=number) == STEPS[name][:number]
        survive(scene)
        assert len(list(mailbox.glob("*"))) <= EnrichmentJob.objects.count()


def survive(scene: Scene) -> None:
    two_minutes_later()
    assert_sound()
    assert_pages_answer(scene.client)
    scene.check()
    scene.again()
    two_minutes_later()
    assert_sound()
    scene.check()
    assert_nothing_is_left_over()


@pytest.mark.parametrize("name", ["work", "rescue", "clean-up", "delete"])
def test_who_is_paused_at_any_step_and_goes_on_later_spoils_nothing(name: str, mailbox: Path) -> None:
    for number, scene in anew(name, mailbox):
        paused = Mortal(scene.act, last=number, by=signal.SIGSTOP)
        paused.stopped()
        two_minutes_later()
        assert_sound()
        scene.check()
        paused.go_on()
        assert paused.end() == 0
        survive(scene)
        assert len(list(mailbox.glob("*"))) <= EnrichmentJob.objects.count()


def anew(name: str, mailbox: Path) -> Iterator[tuple[int, Scene]]:
    """The scene once for each of its steps, which are numbered from 1, in a world without anything else.

    One test for all of them: between two tests Django takes longer to empty the tables than all this takes.
    """
    for number, step in enumerate(STEPS[name], 1):
        for model in apps.get_models():
            model._default_manager.all()._raw_delete(connection.alias)
        files.delete(stored_names())
        shutil.rmtree(mailbox, ignore_errors=True)
        print(f"--- {name}, {number}: after {step!r}")
        yield number, SCENES[name]()
