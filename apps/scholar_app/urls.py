"""The URLs below ``/scholar/``."""

from django.urls import URLPattern, path

from . import account_views, bibtex_views, look_views, password_views, result_views, review_views

app_name = "scholar"
_JOB = "bibtex/job/<uuid:job_id>/"
urlpatterns: list[URLPattern] = [
    path("bibtex/", bibtex_views.bibtex_form, name="bibtex_form"),
    path("bibtex/history/", bibtex_views.history, name="history"),
    path("bibtex/upload/", bibtex_views.bibtex_upload, name="bibtex_upload"),
    path("bibtex/look/", look_views.bibtex_look, name="bibtex_look"),
    path(_JOB, bibtex_views.job, name="job"),
    path(f"{_JOB}progress/", bibtex_views.job_progress, name="job_progress"),
    path(f"{_JOB}cancel/", bibtex_views.job_cancel, name="job_cancel"),
    path(f"{_JOB}letter/", bibtex_views.job_letter, name="job_letter"),
    path(f"{_JOB}retry/", bibtex_views.job_retry, name="job_retry"),
    path(f"{_JOB}delete/", bibtex_views.job_delete, name="job_delete"),
    path(f"{_JOB}download/", result_views.job_download, name="job_download"),
    path(f"{_JOB}download/original/", result_views.job_original, name="job_original"),
    path(f"{_JOB}report.json", result_views.job_report_json, name="job_report_json"),
    path(f"{_JOB}report.csv", result_views.job_report_csv, name="job_report_csv"),
    path(f"{_JOB}diff/", result_views.job_diff, name="job_diff"),
    path(f"{_JOB}decisions/", review_views.job_decide, name="job_decide"),
    path(f"{_JOB}entry/<int:number>/", review_views.job_entry, name="job_entry"),
    path("account/", account_views.account, name="account"),
    path("account/sign-up/", account_views.SignUp.as_view(), name="sign_up"),
    path("account/sign-in/", account_views.SignIn.as_view(), name="sign_in"),
    path("account/sign-out/", account_views.SignOut.as_view(), name="sign_out"),
    path("account/keys/", account_views.key_create, name="key_create"),
    path("account/keys/<int:key_id>/revoke/", account_views.key_revoke, name="key_revoke"),
    path("account/delete/", account_views.account_delete, name="account_delete"),
    path("account/password/", password_views.PasswordChange.as_view(), name="password_change"),
    path("account/password/reset/", password_views.PasswordReset.as_view(), name="password_reset"),
    path(
        "account/password/reset/<uidb64>/<token>/",
        password_views.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
]
