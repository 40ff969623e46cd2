"""The tables behind access: API keys, what was already submitted, and sign-ins that failed.

None of them holds a secret or an address in the clear. Django finds them through ``models.py``.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models

from .clock import DatabaseClock

#: How long an ``Idempotency-Key`` means the same job, and how long a failed sign-in counts.
SUBMISSION_KEPT: Final = timedelta(hours=24)
FAILURE_COUNTS: Final = timedelta(hours=24)


class ApiKey(models.Model):
    """A program's way into its owner's account. The key itself is shown once and kept nowhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys", db_index=False
    )
    #: What the owner calls it, to tell it from the others.
    name = models.CharField(max_length=60)
    #: The first characters of the key, shown in the list; they are no part of the secret.
    prefix = models.CharField(max_length=20)
    #: SHA-256 of the whole key, in hexadecimal digits: 256 random bits need neither salt nor stretching.
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=DatabaseClock())
    #: To the hour: enough to find the keys that nobody uses, and one write an hour.
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    #: The stretch of time in which requests are counted now, and how many there were: for all web processes.
    counted_since = models.DateTimeField(null=True)
    requests = models.PositiveIntegerField(db_default=0)

    class Meta:
        app_label = "scholar_app"
        indexes = (models.Index(fields=["user", "created_at"], name="api_key_of_user"),)  # the list; the cascade

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class Submission(models.Model):
    """An upload that came with an ``Idempotency-Key``, and the job it became: kept for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: SHA-256 of the client's key, and of what was sent with it.
    key_hash = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    #: No foreign key: jobs are deleted by the hundred thousand, and nothing may hang on them.
    job_id = models.UUIDField()
    at = models.DateTimeField(db_default=DatabaseClock())

    class Meta:
        app_label = "scholar_app"
        constraints = (
            # Of several requests with one key at the same instant, the database lets one through.
            models.UniqueConstraint(fields=["user", "key_hash"], name="submission_once_per_key"),
        )
        indexes = (models.Index(fields=["at"], name="submission_at"),)  # pruning

    def __str__(self) -> str:
        return f"{self.key_hash[:8]} -> {self.job_id}"


class SignInPause(models.Model):
    """How often a sign-in has failed for an account or an address, and until when the next try is refused."""

    #: Salted hash of the account's name or of the address; also of names that nobody has, which look the same.
    key_hash = models.CharField(max_length=64, unique=True)
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_default=DatabaseClock())
    paused_until = models.DateTimeField(db_default=DatabaseClock())

    class Meta:
        app_label = "scholar_app"
        indexes = (models.Index(fields=["last_at"], name="sign_in_pause_at"),)  # pruning

    def __str__(self) -> str:
        return f"{self.key_hash[:8]}: {self.tries} until {self.paused_until}"
