"""What the OpenAPI schema says is what the API does: tried out with what it allows and what it forbids."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from apps.scholar_app import keys
from apps.scholar_app.api import routes
from apps.scholar_app.api.routes import api
from apps.scholar_app.api.waiting import wait_for_end
from scitex_cloud.wsgi import application
from tests.web.making import BIBTEX, user

pytestmark = pytest.mark.django_db

schemathesis.openapi.media_type("text/x-bibtex", st.sampled_from([BIBTEX, BIBTEX.replace(b"2017", b"2018")]))
SCHEMA = schemathesis.openapi.from_dict(dict(api.get_openapi_schema()))


def closed_after_use(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """The site; each answer is closed as a server does it, which the client of these tests leaves to chance."""
    with closing(application(environ, start_response)) as answer:
        return [b"".join(answer)]


SCHEMA.app = closed_after_use


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, mail: None) -> Iterator[str]:
    """A key of its own user. Nobody waits for a worker; the connection outlives requests, as with Django's client."""
    monkeypatch.setattr(routes, "wait_for_end", partial(wait_for_end, monotonic=count(step=100).__next__))
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    owner = user("schema")
    owner.email = "schema@example.org"
    owner.save()
    yield keys.issue(owner.pk, name="schema")[1]
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@SCHEMA.parametrize()
@settings(
    max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)  # fmt: skip
def test_the_api_keeps_to_its_schema(case: schemathesis.Case, key: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {key}"})
