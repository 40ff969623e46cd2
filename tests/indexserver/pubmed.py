"""PubMed's ``esearch`` (JSON) and ``efetch`` (XML), as they answer in the recordings."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from .requests import Reply, Request
from .works import Work, words

_SET = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "x">\n'
)


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``POST /entrez/eutils/{esearch,efetch}.fcgi``."""
    form = dict(parse_qsl(request.body.decode()))
    known = [work for work in works if work.pmid]
    if request.path == "/entrez/eutils/esearch.fcgi":
        found = [work.pmid for work in known if _matches(form["term"], work)][: int(form["retmax"])]
        return Reply.of({"header": {"type": "esearch"}, "esearchresult": {"count": str(len(found)), "idlist": found}})
    if request.path != "/entrez/eutils/efetch.fcgi":
        return Reply.text("<html>404</html>", status=404, kind="text/html")
    asked = form["id"].split(",")
    articles = "".join(shape(work) for work in known if work.pmid in asked)
    return Reply.text(f"{_SET}<PubmedArticleSet>{articles}</PubmedArticleSet>", kind="text/xml; charset=UTF-8")


def _matches(term: str, work: Work) -> bool:
    title_words = re.findall(r"(\w+)\[ti\]", term)
    if title_words:
        return set(title_words) <= words(work.title)
    return f'"{work.doi}"[doi]' in term.split(" OR ") or f"PMC{work.pmcid}[pmcid]" in term.split(" OR ")


def shape(work: Work) -> str:
    """An article as PubMed describes it."""
    authors = "".join(
        f'<Author ValidYN="Y"><LastName>{escape(family)}</LastName><ForeName>{escape(given)}</ForeName></Author>'
        for family, given in work.authors
    )
    retracted = "<PublicationType>Retracted Publication</PublicationType>" if work.retracted else ""
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{work.pmid}</PMID><Article><Journal><JournalIssue>'
        f"<Volume>{work.volume}</Volume><Issue>{work.issue}</Issue><PubDate><Year>{work.year}</Year><Month>Mar</Month>"
        f"</PubDate></JournalIssue><Title>{escape(work.container)}</Title></Journal>"
        f"<ArticleTitle>{escape(work.title)}.</ArticleTitle><Pagination><MedlinePgn>{work.pages}</MedlinePgn></Pagination>"
        f"<Abstract><AbstractText>{escape(work.abstract)}</AbstractText></Abstract>"
        f'<AuthorList CompleteYN="Y">{authors}</AuthorList>'
        f"<PublicationTypeList><PublicationType>Journal Article</PublicationType>{retracted}</PublicationTypeList>"
        f'</Article></MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="doi">{escape(work.doi)}</ArticleId>'
        f'<ArticleId IdType="pmc">PMC{work.pmcid}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>'
    )
