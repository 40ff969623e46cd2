"""Accounts: sign up, sign in, sign out. Signing in takes the visitor's jobs along (see ``owners``)."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from .pages import private

if TYPE_CHECKING:  # generic in the stubs alone
    _UserForm = BaseUserCreationForm[User]
    _FormView = FormView["SignUpForm"]
else:
    _UserForm, _FormView = BaseUserCreationForm, FormView


class SignUpForm(_UserForm):
    """A name and a password; the address only serves to reset the password."""

    class Meta:
        model = get_user_model()
        fields = ("username", "email")
        labels: ClassVar = {"email": gettext_lazy("E-mail address (optional)")}
        help_texts: ClassVar = {
            "username": gettext_lazy("Letters, digits and @ . + - _ only."),
            "email": gettext_lazy("Only used to reset your password."),
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
        login(self.request, user)
        return HttpResponseRedirect(self.get_success_url())


@method_decorator(private, name="dispatch")
class SignIn(LoginView):
    """Back into an account."""

    template_name = "scholar/account.html"
    extra_context = {"title": gettext_lazy("Sign in"), "other": "scholar:sign_up"}  # noqa: RUF012 (as Django declares it)


@method_decorator(private, name="dispatch")
class SignOut(LogoutView):
    """Out, by POST alone; the session is emptied."""
