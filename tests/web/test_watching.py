"""Watching a job is cheap: hundreds look every second or two, so a look writes nothing and asks little."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.scholar_app import jobs
from tests.jobs.making import claimed
from tests.web.making import upload, uploaded, url

pytestmark = pytest.mark.django_db


def statements(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("state", ["pending", "processing"])
@pytest.mark.parametrize("who", ["visitor", "member"])
def test_a_look_at_a_job_asks_few_questions_and_writes_nothing(client: Client, state: str, who: str) -> None:
    if who == "member":
        client.force_login(User.objects.create_user("ada"))
    upload(Client())
    job = uploaded(client)
    if state == "processing":
        claim = claimed(job)
        assert jobs.renew(claim)
    asked = statements(client, url("job_progress", job) + "?seen=3")
    assert {sql.split()[0] for sql in asked} == {"SELECT"}
    assert len(asked) <= 7, asked
