"""The table of letters that people wish for when their job has ended. Django finds it through ``models.py``."""

from datetime import timedelta
from typing import Final

from django.db import models

from .clock import DatabaseClock

#: A job that has not ended by then never will; what is left over is of no use to anybody.
WISH_KEPT: Final = timedelta(days=7)


class LetterWish(models.Model):
    """A letter is to be sent when this job has ended. Whoever deletes the row sends it, so that it is sent once."""

    #: No foreign key: jobs are deleted by the thousand in one statement, and a wish without a job is nothing.
    job_id = models.UUIDField(unique=True)
    #: The address of the job's page, as its owner sees the site.
    link = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=DatabaseClock())

    class Meta:
        app_label = "scholar_app"
        indexes = (models.Index(fields=["at"], name="letter_wish_at"),)  # pruning

    def __str__(self) -> str:
        return str(self.job_id)
