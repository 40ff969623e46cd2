"""Accounts: up, in, out, API keys, and the end. Signing in takes the visitor's jobs along (see ``owners``)."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from . import held, keys, trail
from .pages import post_only, private
from .sign_in import sign_in_pause

if TYPE_CHECKING:  # generic in the stubs alone
    _UserForm = BaseUserCreationForm[User]
    _FormView = FormView["SignUpForm"]
else:
    _UserForm, _FormView = BaseUserCreationForm, FormView

ACCOUNT_PAGE: Final = "scholar:account"


class SignUpForm(_UserForm):
    """A name and a password; the address only serves to reset the password."""

    class Meta:
        model = get_user_model()
        fields = ("username", "email")
        labels: ClassVar = {"email": gettext_lazy("E-mail address (optional)")}
        help_texts: ClassVar = {
            "username": gettext_lazy("Letters, digits and @ . + - _ only."),
            "email": gettext_lazy(
                "Only used to reset your password, and to tell you that a file is done if you ask for it."
            ),
        }

    def clean_username(self) -> str:
        """Names that differ by case alone are one name: nobody shall pass for somebody else."""
        name: str = self.cleaned_data["username"]
        if get_user_model().objects.filter(username__iexact=name).exists():
            raise ValidationError(gettext_lazy("This name is taken."), code="unique")
        return name


@method_decorator(private, name="dispatch")
class SignUp(RedirectURLMixin, _FormView):
    """A new account, signed in at once."""

    template_name = "scholar/account.html"
    form_class = SignUpForm
    next_page = "scholar:bibtex_form"
    extra_context = {"title": gettext_lazy("Sign up"), "other": "scholar:sign_in"}  # noqa: RUF012 (as Django declares it)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """With the page to return to, as :class:`SignIn` has it."""
        return super().get_context_data(**context) | {self.redirect_field_name: self.get_redirect_url()}

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Create and sign in; of two who ask for one name at the same instant, one is told that it is taken."""
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:
            form.add_error("username", ValidationError(gettext_lazy("This name is taken."), code="unique"))
            return self.form_invalid(form)
        with transaction.atomic():  # as SignIn.form_valid
            login(self.request, user)
        return HttpResponseRedirect(self.get_success_url())


def refuse_paused(request: HttpRequest) -> None:
    """Raise ``ValidationError`` if the password was not looked at because of a pause."""
    if seconds := sign_in_pause(request):
        text = _("Too many wrong passwords. Try again in %d s.")
        raise ValidationError(text % seconds, code="paused")


class SignInForm(AuthenticationForm):
    """A name and a password."""

    def get_invalid_login_error(self) -> ValidationError:
        """What is said to who did not get in: the same for a wrong password and for an unknown name."""
        if self.request is not None:
            refuse_paused(self.request)
        return super().get_invalid_login_error()


@method_decorator(private, name="dispatch")
class SignIn(LoginView):
    """Back into an account."""

    template_name = "scholar/account.html"
    form_class = SignInForm
    extra_context = {"title": gettext_lazy("Sign in"), "other": "scholar:sign_up"}  # noqa: RUF012 (as Django declares it)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """The visitor's session goes in one step with what it alone knows: which jobs are theirs."""
        with transaction.atomic():
            return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """429 during a pause."""
        return paused_or(super().form_invalid(form), self.request)


def paused_or(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """The answer, marked as 429 if the password was not looked at because of a pause."""
    if seconds := sign_in_pause(request):
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(seconds)
    return response


@method_decorator(private, name="dispatch")
class SignOut(LogoutView):
    """Out, by POST alone; the session is emptied."""


class KeyForm(forms.Form):
    """What a new API key is called."""

    name = forms.CharField(
        max_length=60,
        label=gettext_lazy("Name of the new key"),
        help_text=gettext_lazy("To tell it from the others: where it will be used, for example."),
    )


class DeleteForm(forms.Form):
    """The password once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@require_safe
@login_required
@private
def account(request: HttpRequest) -> HttpResponse:
    """What belongs to an account: its keys, and the ways to change or end it."""
    return _account_page(request, KeyForm())


@post_only
@login_required
@private
def key_create(request: HttpRequest) -> HttpResponse:
    """A new key, shown on this one answer and never again; it is put into no session and no log."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _account_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        row, key = keys.issue(_user_id(request), name=form.cleaned_data["name"])
    except keys.TooManyKeys:
        text = _("An account has at most %d keys. Revoke one that you do not use.") % keys.MOST_KEYS
        form.add_error("name", ValidationError(text, code="too_many"))
        return _account_page(request, form, status=HTTPStatus.CONFLICT)
    trail.note("key_issued", user_id=_user_id(request), request=request, key=row.pk)
    return _account_page(request, KeyForm(), new_key=key)


@post_only
@login_required
@private
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """End a key at once. Of others' keys one learns nothing."""
    if keys.revoke(key_id, _user_id(request)):
        trail.note("key_revoked", user_id=_user_id(request), request=request, key=key_id)
        messages.success(request, _("The key has been revoked."))
    else:
        messages.info(request, _("There was no such key to revoke."))
    return redirect(ACCOUNT_PAGE)


@login_required
@private
def account_delete(request: HttpRequest) -> HttpResponse:
    """Delete the account with its jobs, files and keys, once the password was given again."""
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_confirmed(request, form):
        user = request.user
        trail.note("account_deleted", user_id=user.pk, request=request)
        held.drop(request)
        logout(request)
        user.delete()
        messages.success(request, _("Your account is gone, with all jobs, files and keys."))
        return redirect("scholar:bibtex_form")
    context = {
        "form": form,
        "title": _("Delete your account"),
        "intro": _("Your jobs, their files, your keys and the account are removed for good."),
        "send": _("Delete everything"),
    }
    return paused_or(render(request, "scholar/account_form.html", context), request)


def _user_id(request: HttpRequest) -> int:
    """Of whoever is signed in; there is somebody behind ``login_required``."""
    return cast("int", request.user.pk)


def _is_confirmed(request: HttpRequest, form: DeleteForm) -> bool:
    """Whether the password is right; if not, the form says so."""
    password = form.cleaned_data["password"]
    if authenticate(request, username=request.user.get_username(), password=password) == request.user:
        return True
    try:
        refuse_paused(request)
        raise ValidationError(_("This is not your password."), code="password_incorrect")
    except ValidationError as error:
        form.add_error("password", error)
    return False


def _account_page(
    request: HttpRequest, form: KeyForm, *, new_key: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {"form": form, "keys": keys.keys_of(_user_id(request)), "new_key": new_key}
    return render(request, "scholar/account_home.html", context, status=status)
