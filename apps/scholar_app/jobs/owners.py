"""Whose a job is. Nobody's question matches nothing: ``None`` is never compared with a column."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from ..models import EnrichmentJob, JobQuerySet


@dataclass(frozen=True, slots=True)
class Owner:
    """A signed-in user or an anonymous visitor; with neither, nobody, who owns nothing."""

    user_id: int | None = None
    visitor: UUID | None = None

    def __post_init__(self) -> None:
        if self.user_id is not None and self.visitor is not None:
            raise ValueError("an owner is a user or a visitor, not both")

    def __bool__(self) -> bool:
        return self.user_id is not None or self.visitor is not None

    @classmethod
    def of(cls, job: EnrichmentJob) -> "Owner":
        """Who owns ``job``."""
        return cls(user_id=job.user_id, visitor=job.visitor)

    def columns(self) -> dict[str, int | UUID | None]:
        """The columns of a job of this owner. Raises ``ValueError`` for nobody."""
        if not self:
            raise ValueError("nobody cannot own a job")
        return {"user_id": self.user_id, "visitor": self.visitor}


NOBODY = Owner()


def owned_by(owners: Iterable[Owner]) -> JobQuerySet:
    """The jobs of any of ``owners``."""
    condition = Q(pk__in=())
    for owner in owners:
        if owner.user_id is not None:
            condition |= Q(user_id=owner.user_id)
        elif owner.visitor is not None:
            condition |= Q(visitor=owner.visitor)
    return EnrichmentJob.objects.filter(condition)
