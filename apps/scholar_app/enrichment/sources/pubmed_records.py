"""What an article or a book chapter of PubMed says, as a record.

Shapes: https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from xml.etree.ElementTree import Element  # nosec B405

from ..record import Name, Notice, NoticeKind, Record
from . import reading, reading_xml
from .reading_xml import text

NAME = "pubmed"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NOTICES: Mapping[str, NoticeKind] = {
    "RetractionIn": "retraction", "PartialRetractionIn": "retraction", "ErratumIn": "correction",
    "CorrectedandRepublishedIn": "correction", "ExpressionOfConcernIn": "concern",
}  # fmt: skip


def record_of(element: Element, *, retrieved: date) -> Record:
    """A ``PubmedArticle`` or ``PubmedBookArticle``. Raises ``ShapeError`` for one without PMID."""
    citation, data = _parts(element)
    article = _article(citation)
    pmid = reading.digits(text(citation, "PMID"))
    if not pmid:
        raise reading.ShapeError("an article without a PMID")
    dates = list(_dates(article))
    doi = _doi(article, data)
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=_title(article),
        authors=_authors(article),
        year=dates[0][0] if dates else None,
        years=tuple(dict.fromkeys(year for year, _ in dates)),
        month=dates[0][1] if dates else None,
        type=_type(article),
        container=text(article, "Journal/Title") or text(article, "Book/BookTitle"),
        container_short=text(article, "Journal/ISOAbbreviation"),
        publisher=text(article, "Book/Publisher/PublisherName"),
        volume=text(article, "Journal/JournalIssue/Volume"),
        number=text(article, "Journal/JournalIssue/Issue"),
        pages=_pages(article),
        issn=reading_xml.texts(article, "Journal/ISSN"),
        isbn=reading_xml.texts(article, "Book/Isbn"),
        doi=doi,
        pmid=pmid,
        pmcid=reading.digits(text(data, "ArticleIdList/ArticleId[@IdType='pmc']")),
        url=reading.doi_url(doi) or f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        abstract=" ".join(_abstract(article)),
        keywords=_keywords(citation),
        notices=_notices(citation, article),
    )


def _parts(element: Element) -> tuple[Element, Element | None]:
    """The description, and the data about it."""
    if element.tag == "PubmedBookArticle":
        return _child(element, "BookDocument"), element.find("PubmedBookData")
    return _child(element, "MedlineCitation"), element.find("PubmedData")


def _article(citation: Element) -> Element:
    return citation if citation.tag == "BookDocument" else _child(citation, "Article")


def _child(element: Element, name: str) -> Element:
    found = element.find(name)
    if found is None:
        raise reading.ShapeError(f"{element.tag} without {name}")
    return found


def _title(article: Element) -> str:
    """Without the full stop at its end, and without the brackets around a translated one."""
    title = reading_xml.markup(article.find("ArticleTitle")) or reading_xml.markup(article.find("Book/BookTitle"))
    title = re.sub(r"(?<!\.)\.$", "", title)
    return title[1:-1].rstrip(".") if title.startswith("[") and title.endswith("]") else title


def _authors(article: Element) -> tuple[Name, ...]:
    lists = article.findall("AuthorList")
    of_authors = [one for one in lists if one.get("Type", "authors") == "authors"]
    return tuple(filter(None, (_name(author) for one in of_authors[:1] for author in one.iterfind("Author"))))


def _name(author: Element) -> Name | None:
    if author.get("ValidYN") == "N":
        return None
    if body := text(author, "CollectiveName"):
        return Name(body, literal=True)
    family = text(author, "LastName")
    given = text(author, "ForeName") or text(author, "Initials")
    return Name(family, given, text(author, "Suffix")) if family else None


def _dates(article: Element) -> Iterator[tuple[int, int | None]]:
    """Year and month of the issue, then of the article online."""
    for path in ("Journal/JournalIssue/PubDate", "Book/PubDate", "ArticleDate"):
        found = article.find(path)
        written = text(found, "MedlineDate")
        year = reading.year(text(found, "Year") or "".join(re.findall(r"\b\d{4}\b", written)[:1]))
        if year:
            yield year, _month(text(found, "Month"))


def _month(value: str) -> int | None:
    start = value.lower()[:3]
    return _MONTHS.index(start) + 1 if start in _MONTHS else reading.month(value)


def _pages(article: Element) -> str:
    """``217-64`` is written out: ``217-264``."""
    pages = text(article, "Pagination/MedlinePgn")
    short = re.fullmatch(r"(\d+)-(\d+)", pages)
    if short and len(short[2]) < len(short[1]):
        return f"{short[1]}-{short[1][: -len(short[2])]}{short[2]}"
    return pages


def _doi(article: Element, data: Element | None) -> str:
    located = article.find("ELocationID[@EIdType='doi']")
    valid = located is not None and located.get("ValidYN") != "N"
    return reading.doi(text(located) if valid else text(data, "ArticleIdList/ArticleId[@IdType='doi']"))


def _type(article: Element) -> str:
    kinds = reading_xml.texts(article, "PublicationTypeList/PublicationType")
    if article.tag == "BookDocument":
        return "book-chapter" if article.find("ArticleTitle") is not None else "book"
    return "posted-content" if "Preprint" in kinds else "journal-article"


def _abstract(article: Element) -> Iterator[str]:
    """The parts of an abstract, each with its heading."""
    for part in article.iterfind("Abstract/AbstractText"):
        heading, body = part.get("Label", ""), reading_xml.markup(part)
        yield f"{heading}: {body}" if heading and heading != "UNLABELLED" else body


def _keywords(citation: Element) -> tuple[str, ...]:
    return reading_xml.texts(citation, "KeywordList/Keyword") or reading_xml.texts(
        citation, "MeshHeadingList/MeshHeading/DescriptorName"
    )


def _notices(citation: Element, article: Element) -> tuple[Notice, ...]:
    found = [
        Notice(_NOTICES[kind], reading.doi(_sentence_free(text(note, "RefSource"))))
        for note in citation.iterfind("CommentsCorrectionsList/CommentsCorrections")
        if (kind := note.get("RefType", "")) in _NOTICES
    ]
    kinds = reading_xml.texts(article, "PublicationTypeList/PublicationType")
    if "Retracted Publication" in kinds and all(notice.kind != "retraction" for notice in found):
        found.append(Notice("retraction"))
    return tuple(dict.fromkeys(found))


def _sentence_free(source: str) -> str:
    """``Lancet. 2020;395:1. doi: 10.1016/x.`` ends in a full stop that is not the DOI's."""
    return source.rstrip(". ")
