"""What the answers of the other indexes become: PubMed, arXiv, DataCite, DBLP, Europe PMC, INSPIRE, Unpaywall."""

import base64
import gzip
import json
from datetime import date

import pytest
from defusedxml.ElementTree import fromstring

from apps.scholar_app.enrichment.record import Name, Notice
from apps.scholar_app.enrichment.sources import arxiv, datacite, dblp, europepmc, inspire, pubmed, unpaywall
from apps.scholar_app.enrichment.sources import pubmed_records as pubmed_xml
from apps.scholar_app.enrichment.sources.reading import ShapeError
from apps.scholar_app.enrichment.sources.transport import Answer
from tests.shared_data import needs_shared_data, shared

TODAY = date(2026, 8, 1)


def article(inner="", *, data="", notes=""):
    return pubmed_xml.record_of(
        fromstring(
            f"<PubmedArticle><MedlineCitation><PMID>11618220</PMID><Article>{inner}</Article>{notes}</MedlineCitation>"
            f"<PubmedData>{data}</PubmedData></PubmedArticle>"
        ),
        retrieved=TODAY,
    )


def test_pubmed_article_is_read_whole():
    found = article(
        "<Journal><ISSN>0082-5433</ISSN><JournalIssue><Volume>73</Volume><Issue>4-5</Issue><PubDate><Year>1987</Year>"
        "<Month>Jan</Month></PubDate></JournalIssue><Title>T'ung pao</Title>"
        "<ISOAbbreviation>Toung Pao</ISOAbbreviation></Journal>"
        "<ArticleTitle>Telomeres at <i>TERT</i> &lt; 10 kb.</ArticleTitle>"
        "<Pagination><MedlinePgn>217-64</MedlinePgn></Pagination>"
        '<ELocationID EIdType="doi" ValidYN="Y">10.1000/ABC</ELocationID>'
        '<Abstract><AbstractText Label="METHODS">We did.</AbstractText><AbstractText>It is.</AbstractText></Abstract>'
        "<AuthorList><Author><LastName>McMahon</LastName><ForeName>K</ForeName><Suffix>Jr</Suffix></Author>"
        '<Author ValidYN="N"><LastName>Wrong</LastName></Author>'
        "<Author><CollectiveName>Development Panel</CollectiveName></Author></AuthorList>"
        "<ArticleDate><Year>1986</Year><Month>12</Month></ArticleDate>",
        data='<ArticleIdList><ArticleId IdType="pmc">PMC11798830</ArticleId></ArticleIdList><ReferenceList><Reference>'
        '<ArticleIdList><ArticleId IdType="doi">10.1000/cited</ArticleId></ArticleIdList></Reference></ReferenceList>',
        notes="<MeshHeadingList><MeshHeading><DescriptorName>Telomere</DescriptorName></MeshHeading></MeshHeadingList>",
    )
    assert (found.pmid, found.pmcid, found.doi) == ("11618220", "11798830", "10.1000/abc")
    assert found.title == "Telomeres at <i>TERT</i> &lt; 10 kb"
    assert found.authors == (Name("McMahon", "K", "Jr"), Name("Development Panel", literal=True))
    assert (found.year, found.month, found.years) == (1987, 1, (1987, 1986))
    assert (found.container, found.container_short, found.issn) == ("T'ung pao", "Toung Pao", ("0082-5433",))
    assert (found.volume, found.number, found.pages) == ("73", "4-5", "217-264")
    assert (found.abstract, found.keywords) == ("METHODS: We did. It is.", ("Telomere",))


def test_doi_of_a_cited_work_is_not_the_articles_own():
    cited = '<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1000/cited</ArticleId></ArticleIdList>'
    assert article(data=f"{cited}</Reference></ReferenceList>").doi == ""


@pytest.mark.parametrize(
    ("pages", "written_out"), [("217-64", "217-264"), ("333-340", "333-340"), ("e12-5", "e12-5"), ("9-11", "9-11")]
)
def test_shortened_pages_are_written_out(pages, written_out):
    assert article(f"<Pagination><MedlinePgn>{pages}</MedlinePgn></Pagination>").pages == written_out


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("[Eroticism in fiction].", "Eroticism in fiction"),
        ("[Part] of it.", "[Part] of it"),
        ("Why?", "Why?"),
        ("And so on...", "And so on..."),
    ],
)
def test_pubmed_titles_lose_what_pubmed_put_around_them(title, clean):
    assert article(f"<ArticleTitle>{title}</ArticleTitle>").title == clean


def test_season_is_a_year():
    dated = (
        "<Journal><JournalIssue><PubDate><MedlineDate>1999 Spring-2000 Winter</MedlineDate></PubDate></JournalIssue>"
    )
    found = article(f"{dated}</Journal>")
    assert (found.year, found.month) == (1999, None)


def test_pubmed_retraction_is_seen_whoever_says_so():
    note = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>Lancet. 2020;395:1. doi: '
        "10.1016/S0140.</RefSource></CommentsCorrections></CommentsCorrectionsList>"
    )
    kind = "<PublicationTypeList><PublicationType>Retracted Publication</PublicationType></PublicationTypeList>"
    assert article(notes=note).notices == (Notice("retraction", "10.1016/s0140"),)
    assert article(kind).notices == (Notice("retraction"),)
    assert article(kind, notes=note).notices == (Notice("retraction", "10.1016/s0140"),)
    assert article(notes=note.replace("RetractionIn", "RetractionOf")).notices == ()


@needs_shared_data
def test_every_recorded_pubmed_article_can_be_read():
    read = 0
    for path in sorted(shared("api", "pubmed").glob("fixture__metapub__*.xml")):
        for found in pubmed._articles(Answer(200, {"content-type": "text/xml"}, path.read_bytes())):
            record = pubmed_xml.record_of(found, retrieved=TODAY)
            assert record.pmid in path.name
            assert record.title
            assert record.year
            read += 1
    assert read > 50


@pytest.mark.parametrize(
    "body",
    [
        b"<PubmedArticleSet><PubmedArticle>",
        b"<html></html>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><PubmedArticleSet>&b;</PubmedArticleSet>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&a;</PubmedArticleSet>',
    ],
)
def test_hostile_xml_is_refused(body):
    with pytest.raises(ShapeError):
        pubmed._articles(Answer(200, {"content-type": "text/xml"}, body))


def feed_of(name):
    body = json.loads(shared("api", "arxiv", name).read_text())["body"]
    return arxiv._entries(Answer(200, {"content-type": "application/atom+xml"}, body.encode()))


@needs_shared_data
def test_every_recorded_arxiv_entry_can_be_read():
    records = [
        arxiv.record_of(entry, retrieved=TODAY)
        for path in sorted(shared("api", "arxiv").glob("fixture__*.json"))
        for entry in feed_of(path.name)
    ]
    assert len(records) > 20
    assert all(record.title and record.authors and record.abstract and record.arxiv_class for record in records)
    assert all(record.doi == f"10.48550/arxiv.{record.arxiv}" for record in records)
    assert any(record.published_as for record in records)


@needs_shared_data
def test_id_that_arxiv_does_not_have_is_not_in_its_answer():
    assert feed_of("fixture__arxiv.py__id_0000.0000_s0_m100_8b51d9633a68.json") == []


def test_error_of_arxiv_is_no_entry():
    error = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#incorrect_id_format</id>'
        "<title>Error</title><summary>incorrect id format for x</summary></entry></feed>"
    )
    with pytest.raises(ShapeError):
        arxiv._entries(Answer(200, {"content-type": "application/atom+xml"}, error.encode()))


def recorded_dois():
    """DataCite's recordings hold compressed bodies here and there."""
    for path in sorted(shared("api", "datacite").glob("*.json")):
        body = json.loads(path.read_text())["response"]["body"]
        if isinstance(body, str):
            packed = base64.b64decode(body)
            body = json.loads(gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed)
        data = body.get("data")
        if isinstance(data, dict) and data.get("type") == "dois":
            yield data["attributes"]


@needs_shared_data
def test_every_recorded_datacite_doi_can_be_read():
    records = [datacite.record_of(attributes, retrieved=TODAY) for attributes in recorded_dois()]
    assert len(records) > 10
    assert all(record.doi and record.title for record in records)
    assert [record.doi for record in records if not record.year] == ["10.14457/kmitl.res.2006.17"]  # Year 2549.
    assert sum(bool(record.authors) for record in records) >= len(records) - 2


def test_datacite_preprint_on_arxiv_names_its_published_version():
    found = datacite.record_of(
        {
            "doi": "10.48550/ARXIV.1706.03762",
            "titles": [{"title": "Sub", "titleType": "Subtitle"}, {"title": "Attention Is All You Need"}],
            "creators": [
                {"name": "Vaswani, Ashish", "nameType": "Personal", "givenName": "Ashish", "familyName": "Vaswani"},
                {"name": "Google Brain", "nameType": "Organizational"},
                {"name": "Gins, Wouter"},
            ],
            "publisher": {"name": "arXiv"},
            "publicationYear": "2017",
            "types": {"resourceTypeGeneral": "Text"},
            "relatedIdentifiers": [
                {"relationType": "IsVersionOf", "relatedIdentifier": "10.5555/X", "relatedIdentifierType": "DOI"},
                {"relationType": "References", "relatedIdentifier": "10.5555/Y", "relatedIdentifierType": "DOI"},
            ],
        },
        retrieved=TODAY,
    )
    assert (found.arxiv, found.type, found.published_as) == ("1706.03762", "posted-content", ("10.5555/x",))
    assert found.authors == (Name("Vaswani", "Ashish"), Name("Google Brain", literal=True), Name("Gins", "Wouter"))
    assert (found.title, found.publisher, found.year) == ("Attention Is All You Need", "arXiv", 2017)


@needs_shared_data
def test_every_recorded_dblp_publication_can_be_read():
    with gzip.open(shared("catalogue", "dblp_hits.jsonl.gz"), "rt", encoding="utf-8") as lines:
        infos = [json.loads(line)["info"] for line in lines]
    records = [dblp.record_of(info, retrieved=TODAY) for info in infos]
    assert all(record.title and record.year and record.type != "other" for record in records)
    assert sum(not record.authors for record in records) <= 1
    assert not any(char.isdigit() for record in records for name in record.authors for char in name.family)


def test_dblp_names_and_titles_are_freed_of_its_own_marks():
    info = {
        "key": "k",
        "title": "Cats &amp; dogs.",
        "authors": {"author": {"text": "Wei Wang 0001"}},
        "type": "Informal and Other Publications",
        "venue": "CoRR",
        "volume": "abs/1706.03762",
    }
    found = dblp.record_of(info, retrieved=TODAY)
    assert (found.title, found.authors) == ("Cats & dogs", (Name("Wang", "Wei"),))
    assert (found.type, found.container, found.volume, found.arxiv) == ("posted-content", "", "", "1706.03762")


def test_europepmc_result_is_read():
    found = europepmc.record_of(
        {
            "id": "1",
            "source": "PPR",
            "title": "A title.",
            "pmcid": "PMC12",
            "authorList": {"author": [{"lastName": "Knuth", "initials": "DE"}, {"collectiveName": "The Team"}, {}]},
            "pubYear": "2020",
            "fullTextUrlList": {
                "fullTextUrl": [
                    {"documentStyle": "pdf", "availabilityCode": "S", "url": "https://example.org/paid.pdf"},
                    {"documentStyle": "pdf", "availabilityCode": "OA", "url": "https://example.org/open.pdf"},
                ]
            },
            "commentCorrectionList": {"commentCorrection": [{"type": "Retraction in"}, {"type": "Comment in"}]},
        },
        retrieved=TODAY,
    )
    assert (found.title, found.type, found.pmcid, found.year) == ("A title", "posted-content", "12", 2020)
    assert found.authors == (Name("Knuth", "DE"), Name("The Team", literal=True))
    assert (found.pdf, found.notices) == ("https://example.org/open.pdf", (Notice("retraction"),))


def test_inspire_paper_is_read():
    paper = {
        "control_number": 1,
        "titles": [{"title": "Observation"}],
        "authors": [{"full_name": "Weinberg, Steven"}],
        "arxiv_eprints": [{"value": "hep-th/9901001", "categories": ["hep-th", "gr-qc"]}],
        "document_type": ["article"],
        "preprint_date": "1999-01-05",
    }
    found = inspire.record_of(paper, retrieved=TODAY)
    assert (found.title, found.authors, found.type) == ("Observation", (Name("Weinberg", "Steven"),), "posted-content")
    assert (found.arxiv, found.arxiv_class, found.year) == ("hep-th/9901001", "hep-th", 1999)
    published = {"publication_info": [{"journal_title": "Phys.Rev.D", "artid": "012", "year": 2000}]}
    found = inspire.record_of(paper | published, retrieved=TODAY)
    assert (found.type, found.container, found.pages, found.years) == (
        "journal-article", "Phys.Rev.D", "012", (2000, 1999),
    )  # fmt: skip


def test_inspire_paper_of_a_collaboration_alone_has_it_for_an_author():
    found = inspire.record_of({"control_number": 1, "collaborations": [{"value": "ATLAS"}]}, retrieved=TODAY)
    assert found.authors == (Name("ATLAS Collaboration", literal=True),)


@needs_shared_data
def test_every_recorded_unpaywall_item_can_be_read():
    bodies = [json.loads(path.read_text())["response"]["body"] for path in shared("api", "unpaywall").glob("*.json")]
    records = [unpaywall.record_of(body, retrieved=TODAY) for body in bodies if "doi" in body]
    assert len(records) == 4
    assert all(record.title and record.year for record in records)


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        (datacite.record_of, {}),
        (datacite.record_of, {"doi": "10.1000/a", "titles": "x"}),
        (datacite.record_of, {"doi": "10.1000/a", "creators": {"name": "x"}}),
        (dblp.record_of, {}),
        (dblp.record_of, {"key": "k", "title": {"text": "x"}}),
        (dblp.record_of, {"key": "k", "authors": ["x"]}),
        (europepmc.record_of, {}),
        (europepmc.record_of, {"id": "1", "title": 7}),
        (inspire.record_of, {}),
        (inspire.record_of, {"control_number": 1, "titles": "x"}),
        (unpaywall.record_of, {}),
        (unpaywall.record_of, {"doi": "10.1000/a", "title": ["x", 7], "z_authors": "x"}),
    ],
)
def test_answer_that_cannot_be_understood_is_refused(read, wrong):
    with pytest.raises(ShapeError):
        read(wrong, retrieved=TODAY)
