"""Reviewing from programs: the same decisions as on the pages, by the same rules."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.http import Http404
from ninja import Router, Schema
from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr

from .. import reviews
from ..jobs import OUTCOMES
from ..models import EnrichmentJob
from ..review.decisions import Decision, DecisionError
from ..reviews import Change, Review
from .answers import Counts, ErrorAnswer
from .authentication import KeyedRequest, owner_of
from .errors import ApiError
from .own_jobs import completed_job

_MOST_AT_ONCE: Final = 1_000
_LARGEST: Final = 2**31 - 1
_ERRORS: Final[Mapping[int, Any]] = dict.fromkeys((400, 401, 404, 409, 422, 429), ErrorAnswer)
_SEEN: Final[Mapping[int, Any]] = dict.fromkeys((401, 404, 409, 429), ErrorAnswer)

router = Router()


def _integral(value: Any) -> Any:
    """``5.0`` is an integer to JSON's schemas; text and truth values are none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Version = Annotated[
    StrictInt,
    Field(ge=0, le=_LARGEST, description="The version you saw; another one means that others decided since."),
    BeforeValidator(_integral),
]
Number = Annotated[StrictInt, Field(ge=0, le=_LARGEST), BeforeValidator(_integral)]
FieldName = Annotated[StrictStr, Field(min_length=1, max_length=60)]


class OneDecision(Schema):
    """One thing to decide."""

    action: Literal["accept", "reject", "choose", "reset"] = Field(
        description="Accept or reject fields, choose a candidate, or reset an entry to what it was."
    )
    entry: Number | None = Field(
        None, description="The entry's place in the report's entries, from 0. Null: the fields in all entries."
    )
    fields: list[FieldName] = Field([], max_length=50, description="None named: all that the entry was brought.")
    candidate: Number | None = Field(
        None, description="With choose: its place in the entry's candidates, from 0. Null: none of these."
    )


class Deciding(Schema):
    """What to decide, as one step: all of it or, where something is refused, nothing."""

    version: Version
    decisions: list[OneDecision] = Field(min_length=1, max_length=_MOST_AT_ONCE)


class Undoing(Schema):
    """Going back."""

    version: Version
    all: StrictBool = Field(False, description="Back to where nothing was decided; can itself be undone.")


class DecidedEntry(Schema):
    """What was decided about an entry."""

    entry: int
    key: str
    accepted: list[str]
    rejected: list[str]
    choice: int | None = Field(
        description="The candidate you chose, from 0; -1 for none of them; null without a choice."
    )


class DecisionsAnswer(Schema):
    """Everything that was decided. Result, report and counts follow it."""

    version: int
    undoable: int = Field(description="How many steps can be undone.")
    everywhere: list[str] = Field(description="Fields left out wherever nothing else was decided.")
    entries: list[DecidedEntry]
    counts: Counts


@router.get(
    "{uuid:job_id}/decisions",
    response={200: DecisionsAnswer, **_SEEN},
    url_name="decisions",
    summary="See what was decided",
)
def show_decisions(request: KeyedRequest, job_id: UUID) -> dict[str, Any]:
    """What you accepted, rejected and chose; 409 while the job is not completed."""
    return _answer(completed_job(request, job_id))


@router.post(
    "{uuid:job_id}/decisions",
    response={200: DecisionsAnswer, **_ERRORS},
    url_name="decisions",
    summary="Decide",
)
def decide(request: KeyedRequest, job_id: UUID, body: Deciding) -> dict[str, Any]:
    """Accept or reject fields, or choose among candidates, as one step; 409 if somebody decided since that version."""
    job = completed_job(request, job_id)
    decisions = [Decision(one.action, one.entry, tuple(one.fields), one.candidate) for one in body.decisions]
    return _decided(request, job, body.version, reviews.deciding(job, decisions))


@router.post(
    "{uuid:job_id}/decisions/undo",
    response={200: DecisionsAnswer, **_ERRORS},
    url_name="undo_decisions",
    summary="Undo",
)
def undo(request: KeyedRequest, job_id: UUID, body: Undoing) -> dict[str, Any]:
    """Take back the last step, or all of them."""
    change = reviews.undoing_all if body.all else reviews.undoing
    return _decided(request, completed_job(request, job_id), body.version, change)


def _decided(request: KeyedRequest, job: EnrichmentJob, version: int, change: Change) -> dict[str, Any]:
    try:
        reviews.decide(job, [owner_of(request)], version=version, change=change)
    except reviews.Outdated:
        message = "Something was decided since the version you name. Look at the decisions again."
        raise ApiError(HTTPStatus.CONFLICT, "decided_meanwhile", message) from None
    except DecisionError as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, str(error)) from None
    except FileNotFoundError:
        raise Http404 from None
    return _answer(job)


def _answer(job: EnrichmentJob) -> dict[str, Any]:
    try:
        with reviews.opened(job) as review:
            return _shown(review)
    except FileNotFoundError:
        raise Http404 from None


def _shown(review: Review) -> dict[str, Any]:
    shelf, decisions = review.shelf, review.decisions
    counts = shelf.counts
    return {
        "version": review.version,
        "undoable": len(decisions.history),
        "everywhere": sorted(decisions.everywhere),
        "counts": {name: counts.get(name, 0) for name in OUTCOMES},
        "entries": [
            {
                "entry": number,
                "key": shelf.rows[number].key,
                "accepted": sorted(name for name, accepted in verdict.fields.items() if accepted),
                "rejected": sorted(name for name, accepted in verdict.fields.items() if not accepted),
                "choice": verdict.choice,
            }
            for number, verdict in sorted(decisions.entries.items())
        ],
    }
