"""Is this record the work that the reference means? A guarded, calibrated score, and three answers.

Deterministic: the same records in any order, from any source first, give the same judgement.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Indel

from .doubts import only_offer
from .features import Comparison, title_similarity
from .forms import Form
from .guards import NO_COMMON_AUTHOR, UNLIKE_TITLES, other_work
from .reasons import reasons_for
from .record import Record
from .references import Reference, form_of, query_of, reference_of
from .verification import Verification, verify
from .weights import ACCEPT, MARGIN, OFFER, probability

__all__ = [
    "Judgement",
    "Reference",
    "Score",
    "Verification",
    "judge",
    "query_of",
    "reference_of",
    "score_of",
    "verify",
]

Verdict = Literal["accepted", "ambiguous", "refused"]
_MAX_CANDIDATES = 5
#: Preprint servers and repositories give every version a DOI: ``10.31234/abc_v2``, ``10.36227/techrxiv.1.v1``.
_VERSION = re.compile(r"[._/-]?v(\d{1,2})$")
#: Titles less alike than this, neither beginning with the other, are not worth a closer look.
_HOPELESS = 0.6
_BEGINS = 0.9
_NO_TITLE = "the entry has no title"
#: Reasons for which a record is not worth a word.
_FAR_OFF = ("", UNLIKE_TITLES, _NO_TITLE)
_ARXIV_DOI = "10.48550/arxiv."
#: The score of an entry without title that agrees in everything that makes a place in print.
_SAME_PLACE = 0.999


@dataclass(frozen=True)
class Score:
    """How well one record answers one reference.

    ``value`` is the calibrated probability (0 to 1) that it is the work, 0 where ``refused`` names the guard that rules
    it out; ``doubt`` says why it may only be offered, ``reasons`` say for people what agrees and what does not.
    """

    record: Record
    value: float
    reasons: tuple[str, ...] = ()
    refused: str = ""
    doubt: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it would be taken, if it were alone."""
        return self.value >= ACCEPT and not self.doubt


@dataclass(frozen=True)
class Judgement:
    """The verdict on a reference's candidates; ``best`` and ``candidates`` are what is accepted or to be offered.

    ``ruled_out``: where nothing is, what came near and was found to be another work.
    """

    verdict: Verdict
    best: Score | None = None
    candidates: tuple[Score, ...] = ()
    ruled_out: tuple[Score, ...] = ()

    @property
    def fits_several(self) -> bool:
        """Whether more than one of the candidates would have been taken alone."""
        return sum(score.is_sure for score in self.candidates) > 1


def judge(reference: Reference, records: Sequence[Record]) -> Judgement:
    """Which of the records, if any, is the work. Several records of one DOI count as one candidate.

    Accepted: one record is above the high threshold and nothing else comes near. Ambiguous: somebody has to choose
    among the candidates. Refused: none is it.
    """
    scores = sorted((_one_of(reference, group) for group in _by_work(records)), key=_best_first)
    likely = tuple(score for score in scores if score.value >= OFFER)[:_MAX_CANDIDATES]
    if not likely:
        return Judgement("refused", ruled_out=tuple(score for score in scores if score.refused not in _FAR_OFF))
    best = _clearest(likely)
    rivals = (score for score in likely if score is not best and not score.doubt and _is_another(score, best))
    clear = all(_logit(best.value) - _logit(rival.value) >= MARGIN for rival in rivals)
    return Judgement("accepted" if best.is_sure and clear else "ambiguous", best, likely)


def _is_another(score: Score, best: Score) -> bool:
    """Whether it is surely not the best once more: one without identifier may be, unless one index has both."""
    if score.record.identifiers():
        return True
    return not best.record.identifiers() and score.record.source == best.record.source


def _clearest(likely: Sequence[Score]) -> Score:
    """The best, or one good enough that has an identifier, where the best (of an index without any) has none."""
    best = likely[0]
    if best.record.identifiers():
        return best
    known = (score for score in likely if score.record.identifiers() and score.is_sure)
    return next(known, best)


def _by_work(records: Sequence[Record]) -> Iterable[list[Record]]:
    """Records of one DOI (or arXiv or PubMed number) together, its versions too; one without any stands alone."""
    dois = _dois_by_number(records)
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        known = record.identifiers()
        scheme, value = known[0] if known else (record.source, repr(record))  # a text that takes long to make
        scheme, value = dois.get((scheme, value), (scheme, value))
        if value.startswith(_ARXIV_DOI):
            scheme, value = "arxiv", value.removeprefix(_ARXIV_DOI)
        groups.setdefault((scheme, _VERSION.sub("", value)), []).append(record)
    return groups.values()


def _dois_by_number(records: Sequence[Record]) -> dict[tuple[str, str], tuple[str, str]]:
    """For PubMed's numbers the DOI that another record of the same work has beside them."""
    known = sorted((record.doi, *one) for record in records if record.doi for one in record.identifiers())
    return {(scheme, value): ("doi", doi) for doi, scheme, value in known if scheme in ("pmid", "pmcid")}


def _one_of(reference: Reference, group: Iterable[Record]) -> Score:
    """The best score of one work's records; what one of them rules out is ruled out.

    But for a title or authors that one source alone has otherwise: translated, in another script, cut short.
    """
    scores = sorted((score_of(reference, record) for record in group), key=_best_first)
    return next((score for score in scores if score.refused not in ("", UNLIKE_TITLES, NO_COMMON_AUTHOR)), scores[0])


def _best_first(score: Score) -> tuple[bool, bool, float, float, str, "_Ordered"]:
    version = _VERSION.search(score.record.doi)
    newest = -float(version[1]) if version else -math.inf
    return bool(score.refused), bool(score.doubt), -score.value, newest, score.record.doi, _Ordered(score.record)


class _Ordered:
    """A record's place among others that are equal so far; its whole text is made only where it comes to that."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __lt__(self, other: "_Ordered") -> bool:
        return repr(self._record) < repr(other._record)


def score_of(reference: Reference, record: Record) -> Score:
    """One record against one reference, as a result of a search: nothing is taken for granted."""
    ours, theirs = reference.form, form_of(record)
    if reference.title and is_hopeless(ours, theirs):
        return Score(record, 0.0, refused=UNLIKE_TITLES)
    pair = Comparison(ours, theirs)
    if not reference.title:
        refused, doubt, value = ("" if _same_place(pair) else _NO_TITLE), "", _SAME_PLACE
    elif not (refused := other_work(ours, theirs, pair, record_type=record.type)):
        doubt, value = only_offer(ours, theirs, pair), probability(pair)
    if refused:
        return Score(record, 0.0, refused=refused)
    reasons = reasons_for(ours, theirs, pair) if value >= OFFER else ()
    return Score(record, value, (doubt, *reasons) if doubt else reasons, doubt=doubt)


def is_hopeless(ours: Form, theirs: Form) -> bool:
    """Whether the titles are so far apart that a closer look is wasted. Cheap."""
    one, other = ours.squeezed, theirs.squeezed
    if not one or not other:
        return True
    return title_similarity(ours, theirs) < _HOPELESS and not _begins_like(one, other)


def _begins_like(one: str, other: str) -> bool:
    """Whether one is the beginning of the other, but for a slip or two."""
    length = min(len(one), len(other))
    return Indel.normalized_similarity(one[:length], other[:length], score_cutoff=_BEGINS) > 0.0


def _same_place(pair: Comparison) -> bool:
    """Without a title: the same authors, journal, volume, first page and year leave one work."""
    same_year = pair.years is not None and not pair.years_apart
    return pair.located and pair.same_container and same_year and pair.authors.found == 1


def _logit(value: float) -> float:
    """Of a value that is offered at all: neither 0 nor 1."""
    return math.log(value / (1.0 - value))
