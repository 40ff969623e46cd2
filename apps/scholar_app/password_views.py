"""Passwords: changed by who knows the old one, reset by who reads the account's e-mail."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.views import (
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
)
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import letters, sign_in, trail
from .account_views import ACCOUNT_PAGE, refuse_paused
from .pages import private

#: Mail goes out beside the request: how long an answer takes shall not tell whether there is such an account.
_post_office: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
logger = logging.getLogger("scholar.access")


def password_changed(user: User, request: HttpRequest) -> None:
    """Note it, and tell the account's mailbox: who did not do it themselves learns of it."""
    trail.note("password_changed", user_id=user.pk, request=request)
    if user.email:
        text = render_to_string("scholar/mail/password_changed.txt", {"user": user, "site": request.get_host()})
        _post_office.submit(_send, user, _("Your password was changed"), text)


def _send(user: User, subject: str, text: str) -> None:
    try:
        user.email_user(subject, text)
    except OSError as error:  # the errors of SMTP are among them
        logger.error("user=%s could not be told of the new password: %s", user.pk, type(error).__name__)


class ResetForm(PasswordResetForm):
    """The address of an account."""

    def send_mail(self, *arguments: Any, **named: Any) -> None:
        """Leave the letter with the post office; Django logs it where that fails."""
        _post_office.submit(super().send_mail, *arguments, **named)


@method_decorator(private, name="dispatch")
class PasswordReset(PasswordResetView):
    """Ask for a letter with a link. The answer is the same whether or not the address belongs to an account."""

    form_class = ResetForm
    template_name = "scholar/account_form.html"
    email_template_name = "scholar/mail/password_reset.txt"
    subject_template_name = "scholar/mail/password_reset_subject.txt"
    success_url = reverse_lazy("scholar:sign_in")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """On a site that sends no mail the page says so."""
        mails = letters.is_mail_sent()
        intro = _("We send a link to the e-mail address of your account. It works for one hour.")
        if not mails:
            intro = _("This site sends no e-mail. Ask its operators to reset your password.")
        return super().get_context_data(
            title=_("Reset your password"), intro=intro, send=_("Send me the link"), closed=not mails, **context
        )

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Say what happens if there is such an account, and no more."""
        text = _("If an account has this address, a letter with a link is on its way to it. Look into your mail.")
        messages.success(self.request, text)
        if not sign_in.letter_allowed(self.request, form.cleaned_data["email"]):
            return redirect(self.get_success_url())
        return super().form_valid(form)


@method_decorator(private, name="dispatch")
class PasswordResetConfirm(PasswordResetConfirmView):
    """The page that the letter's link opens: a new password, once."""

    template_name = "scholar/account_form.html"
    success_url = reverse_lazy("scholar:sign_in")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """A link that was used, changed or is old opens nothing."""
        context = super().get_context_data(**context)
        intro = _("Choose a new password.")
        if not context["validlink"]:
            intro = _("This link has been used, is older than an hour, or is incomplete. Ask for a new one.")
        closed = not context["validlink"]
        return context | {
            "title": _("A new password"), "intro": intro, "send": _("Set the password"), "closed": closed,
        }  # fmt: skip

    def form_valid(self, form: Any) -> HttpResponse:
        """Whoever reads the account's mail is its owner: pauses after others' guesses are over for them."""
        sign_in.forgive_account(form.user.get_username())
        messages.success(self.request, _("The new password is set. Sign in with it."))
        response = super().form_valid(form)
        password_changed(form.user, self.request)
        return response


class ChangeForm(PasswordChangeForm):
    """The old password is checked like at a sign-in, pauses included: an open browser is no place to guess it."""

    request: HttpRequest

    def clean_old_password(self) -> str:
        """The old password, if it is right."""
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            refuse_paused(self.request)
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


@method_decorator(private, name="dispatch")
class PasswordChange(PasswordChangeView):
    """Another password; every other browser is signed out by it."""

    form_class = ChangeForm
    template_name = "scholar/account_form.html"
    success_url = reverse_lazy(ACCOUNT_PAGE)
    extra_context = {  # noqa: RUF012 (as Django declares it)
        "title": gettext_lazy("Change your password"),
        "intro": gettext_lazy("Every other browser is signed out. API keys stay valid; revoke them one by one."),
        "send": gettext_lazy("Change the password"),
    }

    def get_form(self, form_class: Any = None) -> Any:
        """With the request, whose address counts."""
        form: Any = super().get_form(form_class)
        form.request = self.request
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        """Back to the account, with a word."""
        super().form_valid(form)
        password_changed(form.user, self.request)
        messages.success(self.request, _("Your password has been changed."))
        return redirect(ACCOUNT_PAGE)
