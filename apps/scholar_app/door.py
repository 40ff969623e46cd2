"""Files that are refused at the door although nothing is wrong with them: no result could come of them.

A job that is bound to fail, or to go on for days, is worse for who sent it than a plain word at once.
"""

import math

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .enrichment.errors import SourceError
from .enrichment.sources.states import SourceState
from .held import Upload
from .options import sources_of
from .plans import Plan, expected_seconds, plan_of, quick_plan_of
from .tallies import count
from .wiring import source_states

_HOUR = 3600
_DAY = 24 * _HOUR


class CannotBeDone(Exception):  # noqa: N818 (a fact about the indexes, not a fault)
    """No result could come of the file: ``code`` for programs, the text for people.

    ``retry_after``, in seconds, is when one could; ``None``: not as long as the file and the limits are what they are.
    """

    def __init__(self, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code, self.retry_after = code, retry_after


def admit(upload: Upload) -> float:
    """As :func:`examine`, for an upload: that it was refused is counted."""
    try:
        return examine(upload)
    except CannotBeDone as refusal:
        count("uploads_refused", refusal.code)
        raise


def examine(upload: Upload) -> float:
    """How long the upload will take once it is worked on, in seconds. Raises ``CannotBeDone``."""
    sources = sources_of(upload.options)
    plan = quick_plan_of(upload.data, entries=upload.entries_total, sources=sources)
    if _takes_too_long(plan):
        plan = plan_of(upload.data, sources=sources)  # Now it is worth reading a large file as well.
    if _takes_too_long(plan):
        raise CannotBeDone("takes_too_long", _too_long(plan))
    _refuse_for_sources(plan)
    return expected_seconds(plan)


def _takes_too_long(plan: Plan) -> bool:
    return plan.least_seconds > settings.SCITEX_LONGEST_JOB_HOURS * _HOUR


def _too_long(plan: Plan) -> str:
    said = _("By the limits of the indexes this file would take at least %(least)s; at most %(most)s are taken.")
    advice = _(
        "Entries with a DOI are looked up many at a time, those without one by one: add DOIs, or split the file."
    )
    most = settings.SCITEX_LONGEST_JOB_HOURS * _HOUR
    return f"{said % {'least': _duration(plan.least_seconds), 'most': _duration(most)}} {advice}"


def _refuse_for_sources(plan: Plan) -> None:
    """Raise for the first required source that would let the job fail: it has no money for it, or is closed."""
    optional = settings.SCITEX_OPTIONAL_SOURCES
    required = {source.name: source for source in plan.sources if source.calls and source.name not in optional}
    try:
        states = source_states(list(required))
    except SourceError:
        return  # The worker finds out, and says so: at the door it is not worth refusing everybody for.
    for state in states:
        _refuse_for(state, dollars=required[state.name].least_dollars, now=timezone.now().timestamp())


def _refuse_for(state: SourceState, *, dollars: float, now: float) -> None:
    money = state.money
    if money and dollars > money.budget:
        raise CannotBeDone("costs_too_much", _too_much(state, dollars, money.budget))
    short = money is not None and dollars > money.left
    opens_at = money.opens_at if money and short else now
    seconds = max(state.closed_until or now, opens_at) - now
    if short or seconds > settings.SCITEX_SOURCE_PATIENCE_SECONDS:
        why = state.why or _("what is left of its money today is not enough")
        raise CannotBeDone("source_closed", _too_early(state, seconds, why), retry_after=math.ceil(seconds))


def _too_much(state: SourceState, needed: float, budget: float) -> str:
    text = _("%(name)s would cost at least $%(needed)s for this file; at most $%(budget)s a day may be spent there.")
    advice = _("Entries with a DOI cost a five-hundredth of others: add DOIs, or split the file.")
    return f"{text % {'name': state.title, 'needed': f'{needed:.2f}', 'budget': f'{budget:.2f}'}} {advice}"


def _too_early(state: SourceState, seconds: float, why: str) -> str:
    text = _("%(name)s may not be asked for another %(time)s (%(why)s), and no result is complete without it.")
    advice = _("Try again then.")
    return f"{text % {'name': state.title, 'time': _duration(seconds), 'why': why}} {advice}"


def _duration(seconds: float) -> str:
    if seconds >= 2 * _DAY:
        return ngettext("%d day", "%d days", round(seconds / _DAY)) % round(seconds / _DAY)
    if seconds >= 2 * _HOUR:
        return ngettext("%d hour", "%d hours", round(seconds / _HOUR)) % round(seconds / _HOUR)
    minutes = max(math.ceil(seconds / 60), 1)
    return ngettext("%d minute", "%d minutes", minutes) % minutes
