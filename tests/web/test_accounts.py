"""Accounts: up, in and out, and nowhere else."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from tests.web.making import content, user

pytestmark = pytest.mark.django_db

FORM = {"username": "ada", "password1": "correct horse 1", "password2": "correct horse 1"}
SIGN_UP, SIGN_IN, SIGN_OUT = (reverse(f"scholar:{name}") for name in ("sign_up", "sign_in", "sign_out"))


def sign_up(client: Client, **changes: str) -> Any:
    return client.post(SIGN_UP, FORM | changes)


def test_signing_up_signs_in(client: Client) -> None:
    response = sign_up(client, email="ada@example.org")
    assert (response.status_code, response["Location"]) == (302, reverse("scholar:bibtex_form"))
    account = User.objects.get()
    assert client.session["_auth_user_id"] == str(account.pk)
    assert (account.email, account.is_staff, account.is_superuser) == ("ada@example.org", False, False)


def test_nobody_makes_themselves_an_operator(client: Client) -> None:
    sign_up(client, is_staff="on", is_superuser="on")
    assert not User.objects.get().is_staff


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"username": ""}, "This field is required"),
        ({"username": "<b>"}, "Enter a valid username"),
        ({"password2": "another"}, "didn’t match"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
        ({"email": "nowhere"}, "valid email address"),
    ],
)
def test_a_bad_sign_up_says_what_is_wrong_beside_the_field(changes: dict[str, str], says: str, client: Client) -> None:
    response = sign_up(client, **changes)
    assert response.status_code == 200
    assert says in content(response).decode()
    assert 'aria-invalid="true"' in content(response).decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["ada", "ADA"])
def test_a_name_is_taken_once_whatever_its_case(name: str, client: Client) -> None:
    user("Ada")
    assert "name is taken" in content(sign_up(client, username=name)).decode()


def test_of_two_who_take_a_name_at_the_same_instant_one_is_told_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(User, "save", beaten)
    assert "name is taken" in content(sign_up(client)).decode()


def test_signing_in_and_out(client: Client) -> None:
    sign_up(client)
    client.post(SIGN_OUT)
    assert "_auth_user_id" not in client.session
    client.post(SIGN_IN, {"username": "ada", "password": "correct horse 1"})
    assert "_auth_user_id" in client.session
    assert "Sign out" in content(client.get(reverse("scholar:bibtex_form"))).decode()


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(client: Client) -> None:
    sign_up(Client())
    wrong, unknown = (
        content(client.post(SIGN_IN, {"username": name, "password": "guess"})).decode() for name in ("ada", "eve")
    )
    assert "Please enter a correct username and password" in wrong
    assert wrong.count("error") == unknown.count("error")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/scholar/bibtex/job/x/", "/scholar/bibtex/job/x/"),
        ("https://evil.example/", "/scholar/bibtex/"),
        ("//evil", "/scholar/bibtex/"),
        ("///evil", "/scholar/bibtex/"),
        ("/\\evil", "/scholar/bibtex/"),
        ("https:evil", "/scholar/bibtex/"),
        ("\t//evil", "/scholar/bibtex/"),
        ("//testserver@evil", "/scholar/bibtex/"),
        ("javascript:alert(1)", "/scholar/bibtex/"),
    ],
)
def test_one_comes_back_to_where_one_was_but_never_to_another_site(wanted: str, location: str, client: Client) -> None:
    assert sign_up(client, next=wanted)["Location"] == location
    client.post(SIGN_OUT)
    form = {"username": "ada", "password": "correct horse 1", "next": wanted}
    assert client.post(SIGN_IN, form)["Location"] == location


@pytest.mark.parametrize("address", [SIGN_UP, SIGN_IN])
def test_the_forms_pass_on_where_one_came_from(address: str, client: Client) -> None:
    page = content(client.get(address, {"next": "/scholar/bibtex/job/x/"})).decode()
    assert '<input type="hidden" name="next" value="/scholar/bibtex/job/x/">' in page
    assert "?next=/scholar/bibtex/job/x/" in page
    assert "evil" not in content(client.get(address, {"next": "https://evil.example/"})).decode()


def test_a_get_signs_nobody_out(client: Client) -> None:
    sign_up(client)
    assert client.get(SIGN_OUT).status_code == 405
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("address", [SIGN_UP, SIGN_IN])
def test_no_cache_keeps_the_forms(address: str, client: Client) -> None:
    assert "no-store" in client.get(address)["Cache-Control"]
