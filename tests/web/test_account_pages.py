"""What belongs to an account: keys shown once, passwords changed and reset, everything deleted, all files listed."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.scholar_app import files, keys, password_views
from apps.scholar_app.models import ApiKey, EnrichmentJob, Submission
from apps.scholar_app.sign_in import FREE_LETTERS, FREE_PER_ACCOUNT
from tests.api.making import bearing, send
from tests.jobs.making import in_turn
from tests.waiting import wait_until
from tests.web.making import complete, content, stored_files, uploaded, user

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 1"
NEW = "battery staple 2"
ACCOUNT, DELETE, CHANGE, RESET, KEYS, HISTORY = (
    reverse(f"scholar:{name}")
    for name in ("account", "account_delete", "password_change", "password_reset", "key_create", "history")
)


@pytest.fixture
def ada(client: Client) -> Client:
    """A browser that ada is signed in with."""
    client.force_login(User.objects.create_user("ada", "ada@example.org", PASSWORD))
    return client


def text(response: Any) -> str:
    return bytes(content(response)).decode()


def make_key(client: Client, name: str = "laptop") -> str:
    """The key that the page shows."""
    shown = text(client.post(KEYS, {"name": name}))
    [key] = re.findall(r'<code id="new-key">([^<]+)</code>', shown)
    return str(key)


def works(key: str) -> bool:
    return bool(bearing(key).get("/api/v1/jobs").status_code == 200)


def test_a_key_is_shown_once_and_works(ada: Client) -> None:
    key = make_key(ada)
    assert works(key)
    again = text(ada.get(ACCOUNT))
    assert "laptop" in again
    assert ApiKey.objects.get().prefix in again
    assert key not in again
    assert not [session for session in Session.objects.all() if key in str(session.get_decoded())]


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_key_needs_a_name(name: str, ada: Client) -> None:
    response = ada.post(KEYS, {"name": name})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in text(response)
    assert not ApiKey.objects.exists()


def test_there_is_an_end_to_keys(ada: Client) -> None:
    for number in range(keys.MOST_KEYS):
        make_key(ada, f"key {number}")
    response = ada.post(KEYS, {"name": "one more"})
    assert response.status_code == 409
    assert "Revoke one" in text(response)


def test_a_revoked_key_opens_nothing_and_is_not_listed(ada: Client) -> None:
    key = make_key(ada)
    revoke = reverse("scholar:key_revoke", args=[ApiKey.objects.get().pk])
    assert ada.get(revoke).status_code == 405
    assert works(key)
    assert ada.post(revoke)["Location"] == ACCOUNT
    assert not works(key)
    assert ApiKey.objects.get().prefix not in text(ada.get(ACCOUNT))


def test_anothers_key_cannot_be_revoked_and_answers_like_none(ada: Client) -> None:
    theirs, key = keys.issue(user("eve").pk, name="theirs")
    answers = [ada.post(reverse("scholar:key_revoke", args=[pk])) for pk in (theirs.pk, theirs.pk + 1)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert works(key)
    assert "theirs" not in text(ada.get(ACCOUNT))


def test_hostile_names_of_keys_are_text(ada: Client) -> None:
    make_key(ada, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in text(ada.get(ACCOUNT))


def change(client: Client, old: str, new: str = NEW) -> Any:
    return client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_the_password_is_changed_by_who_knows_it_and_other_browsers_are_signed_out(ada: Client) -> None:
    elsewhere = Client()
    elsewhere.force_login(User.objects.get())
    assert change(ada, PASSWORD)["Location"] == ACCOUNT
    assert ada.get(ACCOUNT).status_code == 200
    assert elsewhere.get(ACCOUNT).status_code == 302
    assert User.objects.get().check_password(NEW)


@pytest.mark.parametrize(("old", "new"), [("wrong", NEW), (PASSWORD, "12345678"), (PASSWORD, "ada")])
def test_a_wrong_old_or_a_weak_new_password_changes_nothing(old: str, new: str, ada: Client) -> None:
    response = change(ada, old, new)
    assert response.status_code == 200
    assert 'aria-invalid="true"' in text(response)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(("address", "form"), [(CHANGE, "old_password"), (DELETE, "password")])
def test_an_open_browser_is_no_place_to_guess_the_password(address: str, form: str, ada: Client) -> None:
    for _ in range(FREE_PER_ACCOUNT):
        ada.post(address, {form: "guess", "new_password1": NEW, "new_password2": NEW})
    response = ada.post(address, {form: PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert "Too many wrong passwords" in text(response)
    assert User.objects.get().check_password(PASSWORD)


@pytest.fixture
def letters(settings: Settings) -> list[EmailMessage]:
    """The letters that were sent."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


def ask_for_a_letter(client: Client, address: str) -> str:
    """The page that follows, once the post office has done its work."""
    response = client.post(RESET, {"email": address}, follow=True)
    password_views._post_office.submit(lambda: None).result()
    return text(response)


def test_a_password_is_reset_by_who_reads_the_accounts_mail(client: Client, letters: list[EmailMessage]) -> None:
    account = User.objects.create_user("ada", "ada@example.org", PASSWORD)
    ask_for_a_letter(client, "ADA@example.org")
    [letter] = wait_until(lambda: letters, what="the letter")
    assert letter.to == ["ada@example.org"]
    [link] = re.findall(r"http://testserver(/\S+)", str(letter.body))
    page = client.get(link, follow=True)
    assert "Choose a new password" in text(page)
    form_at = page.redirect_chain[-1][0]
    assert "set-password" in form_at, "the token is not in the address that the page's links would tell others"
    done = client.post(form_at, {"new_password1": NEW, "new_password2": NEW})
    assert done["Location"] == reverse("scholar:sign_in")
    account.refresh_from_db()
    assert account.check_password(NEW)
    again = Client().get(link, follow=True)
    assert "This link has been used" in text(again)


def test_asking_does_not_tell_which_accounts_exist(letters: list[EmailMessage]) -> None:
    User.objects.create_user("ada", "ada@example.org", PASSWORD)
    User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
    pages = [
        re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", ask_for_a_letter(Client(), f"{name}@example.org"))
        for name in ("ada", "gone", "nobody")
    ]
    assert len(set(pages)) == 1
    assert [letter.to for letter in letters] == [["ada@example.org"]]


def test_nobodys_mailbox_is_filled_by_a_stranger_and_the_answer_stays_the_same(letters: list[EmailMessage]) -> None:
    User.objects.create_user("ada", "ada@example.org", PASSWORD)
    User.objects.create_user("bob", "bob@example.org", PASSWORD)
    for _ in range(FREE_LETTERS + 3):
        assert "a letter with a link is on its way" in ask_for_a_letter(Client(), "ada@example.org")
    assert len(letters) == FREE_LETTERS
    ask_for_a_letter(Client(), "bob@example.org")
    assert letters[-1].to == ["bob@example.org"]


def test_a_reset_ends_the_pause_that_a_stranger_caused(client: Client, letters: list[EmailMessage]) -> None:
    User.objects.create_user("ada", "ada@example.org", PASSWORD)
    ask_for_a_letter(client, "ada@example.org")
    sign_in = reverse("scholar:sign_in")
    for _ in range(FREE_PER_ACCOUNT):
        Client(REMOTE_ADDR="203.0.113.66").post(sign_in, {"username": "ada", "password": "guess"})
    assert client.post(sign_in, {"username": "ada", "password": PASSWORD}).status_code == 429
    [link] = re.findall(r"http://testserver(/\S+)", str(letters[0].body))
    form_at = client.get(link)["Location"]
    client.post(form_at, {"new_password1": NEW, "new_password2": NEW})
    assert client.post(sign_in, {"username": "ada", "password": NEW}).status_code == 302


def test_who_did_not_change_the_password_learns_of_it_by_mail(
    ada: Client, client: Client, letters: list[EmailMessage]
) -> None:
    change(ada, "wrong")
    change(ada, PASSWORD)
    password_views._post_office.submit(lambda: None).result()
    [letter] = letters
    assert (letter.to, letter.subject) == (["ada@example.org"], "Your password was changed")
    assert "your account ada at testserver" in str(letter.body)


def test_a_mailbox_that_cannot_be_reached_changes_nothing_but_the_log(
    ada: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    assert change(ada, PASSWORD)["Location"] == ACCOUNT
    password_views._post_office.submit(lambda: None).result()
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert re.fullmatch(r"user=\d+ could not be told of the new password: ConnectionRefusedError", line)


def test_a_site_without_mail_says_so(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert "This site sends no e-mail" in text(client.get(RESET))


def test_deleting_the_account_leaves_nothing_of_it(ada: Client, django_capture_on_commit_callbacks: Any) -> None:
    files.delete(stored_files())  # of other tests
    job = complete(uploaded(ada))
    ada.post(reverse("scholar:bibtex_look"), {"example": "1"})
    assert [name for name in stored_files() if str(job.pk) not in name], "a file is held after a look"
    key = make_key(ada)
    sent = send(bearing(key), headers={"Idempotency-Key": "k"}).json()["id"]
    theirs = uploaded(Client())
    names = stored_files() - {theirs.upload_name}
    assert any(sent in name for name in names)
    with django_capture_on_commit_callbacks(execute=True):
        response = ada.post(DELETE, {"password": PASSWORD})
    assert response["Location"] == reverse("scholar:bibtex_form")
    assert list(EnrichmentJob.objects.all()) == [theirs]
    assert not [model for model in (User, ApiKey, Submission) if model.objects.exists()]
    assert stored_files() == {theirs.upload_name}
    assert not works(key)
    assert ada.get(ACCOUNT).status_code == 302


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_the_password_nothing_is_deleted(password: str, ada: Client) -> None:
    uploaded(ada)
    response = ada.post(DELETE, {"password": password})
    assert response.status_code == 200
    assert 'aria-invalid="true"' in text(response)
    assert ada.get(DELETE).status_code == 200
    assert (User.objects.count(), EnrichmentJob.objects.count()) == (1, 1)


def test_all_own_files_are_listed_page_by_page(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.scholar_app.bibtex_views.JOBS_PER_PAGE", 2)
    in_turn(*[complete(uploaded(ada, name=f"file{number}.bib")) for number in range(5)])
    uploaded(Client(), name="theirs.bib")
    pages = [text(ada.get(f"{HISTORY}?page={number}")) for number in (1, 2, 3)]
    shown = [re.findall(r"<bdi>(file\d)\.bib</bdi>", page) for page in pages]
    assert shown == [["file4", "file3"], ["file2", "file1"], ["file0"]]
    assert ['rel="next"' in page for page in pages] == [True, True, False]
    assert not [page for page in pages if "theirs" in page]


@pytest.mark.parametrize("page", ["x", "0", "-1", "99"])
def test_a_page_that_makes_no_sense_harms_nothing(page: str, client: Client) -> None:
    assert client.get(f"{HISTORY}?page={page}").status_code == 200


def test_every_account_page_keeps_to_the_strict_policy_and_out_of_caches(ada: Client) -> None:
    for address in (ACCOUNT, DELETE, CHANGE, RESET, HISTORY, reverse("api_docs")):
        response = ada.get(address)
        html = text(response)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|<[^>]+\s(?:style|on\w+)=", html), address
        assert "no-store" in response["Cache-Control"]
