"""Programs with keys, for the tests of the API."""

from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client

from apps.scholar_app import keys
from apps.scholar_app.models import EnrichmentJob
from tests.web.making import BIBTEX, user

ROOT = "/api/v1"


def program(owner: User | None = None, *, name: str = "ada") -> Client:
    """A client that sends a valid key of ``owner``, or of a new user."""
    _, key = keys.issue((owner or user(name)).pk, name="a program")
    return bearing(key)


def bearing(key: str) -> Client:
    """A client that sends this key; CSRF is checked as in real life."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {key}"})


def send(client: Client, data: bytes = BIBTEX, *, to: str = "jobs", name: str = "references.bib", **more: Any) -> Any:
    """Send a file; ``headers`` are passed on, the rest are fields of the form."""
    headers = more.pop("headers", None)
    file = BytesIO(data)
    file.name = name  # Django's own class for tests would shorten it
    form = {"bibtex_file": file, **more}
    return client.post(f"{ROOT}/{to}", form, headers=headers)


def accepted(client: Client, **arguments: Any) -> EnrichmentJob:
    """The waiting job that a file became."""
    response = send(client, **arguments)
    assert response.status_code == 202, response.content.decode()
    return EnrichmentJob.objects.get(pk=UUID(response.json()["id"]))


def error(response: Any) -> tuple[int, str]:
    """Status and code of a refusal, in exactly the promised shape."""
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    said = response.json()["error"]
    assert set(said) == {"code", "message"}
    assert said["message"]
    return response.status_code, said["code"]
