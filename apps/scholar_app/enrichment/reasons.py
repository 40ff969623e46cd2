"""Why a record was found to be the work or not, in words for people."""

from .features import Comparison
from .forms import Form
from .record import Name

_MAX_QUOTED = 120
_CONTAINERS = {"article": "journal", "paper": "conference", "chapter": "book", "preprint": "server"}


def reasons_for(reference: Form, record: Form, pair: Comparison) -> tuple[str, ...]:
    """What agrees and what differs, title first; what one side does not say is left out."""
    said = (
        _title(reference, record, pair),
        _authors(reference, record, pair),
        _years(reference, record, pair),
        _container(reference, record, pair) or _same_container(record, pair),
        _part("volume", pair.same_volume, reference.volume, record.volume),
        _part("number", pair.same_number, reference.number, record.number),
        _part("first page", pair.same_page, reference.first_page, record.first_page),
    )
    return tuple(word for word in said if word)


def title_against(reference: Form, record: Form) -> str:
    """``title: 'A' against 'B'``."""
    return f"title: {_quoted(reference.raw_title)} against {_quoted(_whole_title(record))}"


def authors_against(reference: Form, record: Form) -> str:
    """``authors: 'A, B' against 'C'``, surnames only."""
    return f"authors: {_quoted(_surnames(reference.authors))} against {_quoted(_surnames(record.authors))}"


def years_against(reference: Form, record: Form) -> str:
    """``year: 2010 against 2012``."""
    theirs = " or ".join(map(str, record.years))
    return f"year: {reference.years[0]} against {theirs}"


def place_against(reference: Form, record: Form, pair: Comparison) -> tuple[str, ...]:
    """Where and when it appeared, as far as the two differ: year (by more than one), container, volume, first page."""
    said = (
        years_against(reference, record) if pair.years_apart else "",
        _container(reference, record, pair),
        _differing("volume", pair.same_volume, reference.volume, record.volume),
        _differing("first page", pair.same_page, reference.first_page, record.first_page),
    )
    return tuple(word for word in said if word)


def _title(reference: Form, record: Form, pair: Comparison) -> str:
    if pair.titles == "same":
        return "same title"
    return (
        "same title but for the subtitle"
        if pair.titles == "main" and not pair.difference.spelling
        else title_against(reference, record)
    )


def _authors(reference: Form, record: Form, pair: Comparison) -> str:
    if not pair.authors.known:
        return "authors cannot be compared"
    found = round(pair.authors.found * len(reference.authors))
    if found < len(reference.authors):
        return authors_against(reference, record)
    left_out = "" if pair.authors.covered == 1 or pair.others else f", {len(record.authors)} in the record"
    return f"same authors{left_out}"


def _years(reference: Form, record: Form, pair: Comparison) -> str:
    if pair.years is None:
        return ""
    return "same year" if pair.same_year else years_against(reference, record)


def _container(reference: Form, record: Form, pair: Comparison) -> str:
    if pair.container is None or pair.same_container:
        return ""
    return f"published in: {_quoted(reference.containers[0].raw)} against {_quoted(record.containers[0].raw)}"


def _same_container(record: Form, pair: Comparison) -> str:
    """What agrees is said of what it is: a journal, a conference, a book."""
    if pair.container is None:
        return ""
    return f"same {_CONTAINERS.get(record.kind, 'container')}"


def _part(name: str, same: bool | None, ours: str, theirs: str) -> str:
    return f"same {name}" if same else _differing(name, same, ours, theirs)


def _differing(name: str, same: bool | None, ours: str, theirs: str) -> str:
    return f"{name} differs ({ours}, {theirs})" if same is False else ""


def _whole_title(form: Form) -> str:
    return f"{form.raw_title}: {form.raw_subtitle}" if form.raw_subtitle else form.raw_title


def _surnames(names: tuple[Name, ...]) -> str:
    shown = ", ".join(name.family for name in names[:5])
    return f"{shown}, ..." if len(names) > 5 else shown


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"'{text[:_MAX_QUOTED]}...'" if len(text) > _MAX_QUOTED else f"'{text}'"
