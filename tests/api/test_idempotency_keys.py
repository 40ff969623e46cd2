"""A key of the sender's own: what is sent again is the same job, and whose key it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.scholar_app import jobs, keys
from apps.scholar_app.models import EnrichmentJob, Submission
from tests.api.making import ROOT, accepted, error, program, send
from tests.web.making import BIBTEX, ENRICHED, complete, content

pytestmark = pytest.mark.django_db


def keyed(client: Client, key: str = "my-key", **arguments: Any) -> Any:
    return send(client, headers={"Idempotency-Key": key}, **arguments)


def test_a_key_means_one_job_however_often_it_is_sent(ada: Client) -> None:
    first = keyed(ada).json()["id"]
    assert keyed(ada).json()["id"] == first
    complete(EnrichmentJob.objects.get(pk=first))
    again = keyed(ada)
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (202, first, "completed")
    assert keyed(ada, key="another").json()["id"] != first


def test_sending_again_goes_on_waiting_for_the_same_job(ada: Client, worker_in_between: Any) -> None:
    keyed(ada)
    worker_in_between(complete)
    assert content(keyed(ada, to="enrich")) == ENRICHED
    assert EnrichmentJob.objects.count() == 1


def test_a_key_belongs_to_its_owner(ada: Client) -> None:
    eve = program(name="eve")
    assert keyed(ada).json()["id"] != keyed(eve).json()["id"]


@pytest.mark.parametrize("change", [{"data": BIBTEX + b" "}, {"name": "b.bib"}, {"replace_placeholders": "true"}])
def test_a_key_with_another_file_is_refused(change: Any, ada: Client) -> None:
    keyed(ada)
    assert error(keyed(ada, **change)) == (422, "idempotency_key_reused")


def test_a_key_counts_for_a_day(ada: Client) -> None:
    first = keyed(ada).json()["id"]
    complete(EnrichmentJob.objects.get(pk=first))
    almost, over = timedelta(hours=23, minutes=59), timedelta(hours=24, seconds=1)
    Submission.objects.update(at=timezone.now() - almost)
    assert keyed(ada).json()["id"] == first
    Submission.objects.update(at=timezone.now() - over)
    assert keyed(ada).json()["id"] != first


def test_a_refused_file_uses_up_no_key(ada: Client) -> None:
    active = accepted(ada)
    assert error(keyed(ada)) == (409, "active_job")
    complete(active)
    assert keyed(ada).status_code == 202


def test_a_key_of_a_deleted_job_makes_no_new_one(ada: Client) -> None:
    ada.delete(f"{ROOT}/jobs/{keyed(ada).json()['id']}")
    assert error(keyed(ada)) == (409, "job_deleted")


def test_a_key_that_is_too_long_is_refused(ada: Client) -> None:
    assert keyed(ada, key="k" * 255).status_code == 202
    assert error(keyed(ada, key="k" * 256)) == (422, "invalid_parameter")


def test_old_keys_are_pruned(ada: Client) -> None:
    keyed(ada)
    assert jobs.EXPIRED[Submission](10) == 0
    Submission.objects.update(at=timezone.now() - timedelta(hours=24, seconds=1))
    assert jobs.EXPIRED[Submission](10) == 1


def test_only_users_have_keys() -> None:
    assert keys.recognise("") is None
