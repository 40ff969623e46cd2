"""The letter at the end of a job, for who wished for one: sent once, by whoever notices the end first.

Sending may take long or fail. It happens beside the work, and a failure is a line in the log and nothing else.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from . import jobs
from .jobs import Owner
from .models import EnrichmentJob

logger = logging.getLogger("scholar.letters")
_NO_MAIL: Final = "django.core.mail.backends.dummy.EmailBackend"
_post_office: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")


def is_mail_sent() -> bool:
    """Whether this site sends mail at all."""
    return settings.EMAIL_BACKEND != _NO_MAIL


def can_have_letter(user: Any) -> bool:
    """Whether this site sends mail, and this user has told where to."""
    return is_mail_sent() and user.is_authenticated and bool(user.email)


def wish(request: HttpRequest, job: EnrichmentJob, *, user: Any) -> bool:
    """Have a letter sent to ``user`` at the end of their ``job``; ``False`` where that cannot be.

    The request tells by which name its site is called.
    """
    if not can_have_letter(user):
        return False
    link = request.build_absolute_uri(reverse("scholar:job", args=[job.pk]))
    return jobs.wish_letter(job.pk, [Owner(user_id=user.pk)], link=link)


def post_due() -> None:
    """Send the letters of the jobs that have ended, without waiting for that."""
    for job, link in jobs.take_letters():
        if job.user is not None and job.user.email:
            sending = _post_office.submit(_send, job, link, to=job.user.email)
            sending.add_done_callback(partial(_note, job.pk))


def _send(job: EnrichmentJob, link: str, *, to: str) -> None:
    context = {"job": job, "link": link}
    subject = " ".join(render_to_string("scholar/mail/job_ended_subject.txt", context).split())
    body = render_to_string("scholar/mail/job_ended.txt", context)
    EmailMessage(subject, body, to=[to], headers={"Auto-Submitted": "auto-generated"}).send()


def _note(job_id: UUID, sending: "Future[None]") -> None:
    """Whatever went wrong; its kind alone, since a server's words may quote the address."""
    error = sending.exception()
    if error is None:
        logger.info("job=%s letter=sent", job_id)
    else:
        logger.error("job=%s letter could not be sent: %s", job_id, type(error).__name__)
