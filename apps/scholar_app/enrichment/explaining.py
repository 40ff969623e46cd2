"""Why an entry got the outcome it got, in sentences for its reader."""

from collections.abc import Iterator, Sequence
from typing import Final

from .features import title_similarity
from .matching import Judgement
from .merging import Merge
from .record import Identifier, Record
from .references import form_of
from .sources.base import Source
from .subject import Answer, Subject
from .tex.escaping import clean
from .text import plain_text

_SCHEMES: Final = {
    "doi": "DOI", "arxiv": "arXiv identifier", "pmid": "PubMed number", "pmcid": "PubMed Central number",
    "isbn": "ISBN", "s2": "Semantic Scholar number",
}  # fmt: skip
_MAX_QUOTED: Final = 120
#: Titles less alike than this are no near miss that is worth a word.
_NEAR: Final = 0.75


def why_conflict(subject: Subject) -> str:
    """What disagrees, or an empty string."""
    said = [_contradiction(answer) for answer in subject.contradicted[:2]]
    if not said and (pair := subject.disagreeing):
        said = [f"The entry names the {_named(pair[0])}, but the work it describes has the {_named(pair[1])}."]
    if said and subject.proved:
        said.append(f"It also names the {_named(*sorted(subject.proved))}, which agrees with it.")
    elif said and subject.contradicted and subject.accepted is not None:
        said.append(f"By title and authors it is {_place(subject.accepted)}.")
    return " ".join(said)


def _contradiction(answer: Answer) -> str:
    return f"The {_named(answer.asked)} belongs to another work: {'; '.join(answer.verification.contradictions)}."


def why_identified(subject: Subject, merged: Merge) -> str:
    """By what it was identified, and whether anything was missing."""
    if subject.proved:
        ordered = [identifier for identifier in subject.own if identifier in subject.proved]
        how = f"Identified by its {_named(*ordered[:3])}."
    else:
        how = _why_found(subject)
    if merged.added or merged.replaced:
        return how
    return f"{how} Nothing {'else ' if merged.kept else ''}was missing."


def _why_found(subject: Subject) -> str:
    best = subject.judgement.best if subject.judgement else None
    if best is None:
        return ""
    why = "; ".join(best.reasons)
    return f"Found in {best.record.source}: {why}." if why else f"Found in {best.record.source}."


def why_ambiguous(subject: Subject) -> str:
    """Why what was found is only offered."""
    judgement = subject.judgement
    if subject.accepted is not None:
        doubt = "the record seems to be another version or edition than the entry cites"
    else:
        doubt = _doubt(judgement) if judgement else ""
    several = judgement is not None and len(judgement.candidates) > 1
    works = "one of the works" if several else "the work"
    return f"It may be {works} found, but not surely enough{f' ({doubt})' if doubt else ''}: nothing was added."


def _doubt(judgement: Judgement) -> str:
    """What speaks against the best: a rule, another that fits as well, or what differs."""
    best = judgement.best
    if best is None or best.doubt:
        return best.doubt if best else ""
    if judgement.fits_several:
        return "several fit equally well"
    return "; ".join(reason for reason in best.reasons if not reason.startswith("same")) or "too little is said"


def why_not_found(subject: Subject, sources: Sequence[Source]) -> str:
    """Who was asked in vain, and for what; ``sources`` are those that did not stay away."""
    unknown = [identifier for identifier in subject.own if subject.is_unknown(identifier)]
    said = _why_unknown(unknown, sources) if unknown else _why_ignored(subject)
    if subject.query is None:
        return f"{said}Without a title it could not be searched for."
    searched = _names([source for source in sources if source.searches])
    if not searched:
        return f"{said}None of the sources that could be asked can be searched by title."
    return f"{said}No source that was searched ({searched}) has a work with {_sought(subject)}.{_near_miss(subject)}"


def _why_unknown(unknown: Sequence[Identifier], sources: Sequence[Source]) -> str:
    schemes = {identifier.scheme for identifier in unknown}
    asked = _names([source for source in sources if not schemes.isdisjoint(source.resolves)])
    return f"No source that was asked ({asked}) knows the {_named(*unknown[:3])}. "


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(source.name for source in sources)


def _sought(subject: Subject) -> str:
    """What the entry says of the work, and therefore what was looked for."""
    said = subject.reference
    parts = [
        name
        for name, value in (("this title", said.title), ("these authors", said.authors), ("this year", said.year))
        if value
    ]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else "this place in print"


def _near_miss(subject: Subject) -> str:
    """The likest of what was found and was another work."""
    form = subject.reference.form
    ruled_out = subject.judgement.ruled_out if subject.judgement else ()
    alike = [(title_similarity(form, form_of(score.record)), score.record.doi, score) for score in ruled_out]
    similarity, _, likest = max(alike, key=lambda one: one[:2], default=(0.0, "", None))
    if likest is None or similarity < _NEAR:
        return ""
    return f" The nearest, {_quoted(likest.record)} ({_place(likest.record)}), is another: {likest.refused}."


def _why_ignored(subject: Subject) -> str:
    """An identifier that is right but not the work's own, like that of the book a chapter is in."""
    for answer in subject.answers:
        if answer.asked in subject.own and not answer.agrees and not answer.verification.contradictions:
            return (
                f"The {_named(answer.asked)} is that of {_quoted(answer.record)}, which does not show it is the entry. "
            )
    return ""


def remarks(subject: Subject) -> Iterator[str]:
    """Differences that do not contradict: ``year: 2010 against 2012``."""
    agreeing = [answer for answer in subject.answers if answer.agrees]
    for remark in dict.fromkeys(remark for answer in agreeing for remark in answer.verification.remarks):
        yield f"It differs from the record in the {remark}."


def unproved(subject: Subject) -> Iterator[str]:
    """The entry's own identifiers that nobody knows, although the entry was identified otherwise."""
    for identifier in subject.own:
        if identifier not in subject.proved and subject.is_unknown(identifier) and identifier.scheme != "isbn":
            yield f"No source that was asked knows the {_named(identifier)}."


def disputed(merged: Merge) -> Iterator[str]:
    """What stays missing because the records of this very work say different things."""
    if merged.disputed:
        yield f"The sources disagree about {', '.join(merged.disputed)}: not added."


def kept(merged: Merge) -> Iterator[str]:
    """The placeholders for which a value is known, but which nobody asked to replace."""
    for name in merged.kept:
        yield f"A value for {name} is known, but a placeholder stands in its place and stays."


def _named(*identifiers: Identifier) -> str:
    return " and the ".join(f"{_SCHEMES[scheme]} {value}" for scheme, value in identifiers)


def _quoted(record: Record) -> str:
    return f"'{shown(record.title)[:_MAX_QUOTED]}'"


def _place(record: Record) -> str:
    return record.doi or record.url or f"a work known to {record.source}"


def shown(text: str) -> str:
    """Markup and LaTeX as a reader sees them, on one line."""
    return clean(plain_text(text))
