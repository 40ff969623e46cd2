import pytest

from apps.scholar_app.enrichment.identifiers import (
    dois_disagree,
    identifiers_of,
    is_valid_issn,
    parse_arxiv,
    parse_corpus_id,
    parse_doi,
    parse_isbn,
    parse_pmcid,
    parse_pmid,
)
from apps.scholar_app.enrichment.malformed import malformed_identifiers
from apps.scholar_app.enrichment.record import Identifier

from .entries import entry

SICI = "10.1002/(sici)1097-4571(199410)45:9<656::aid-asi3>3.0.co;2-1"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC", "10.1000/abc"),
        ("10.1000/a\x11b\x1b\x7fc\u202ed\u2066", "10.1000/abcd"),
        ("10.1000/a\x1cb", "10.1000/a"),
        ("https://doi.org/10.1000/abc", "10.1000/abc"),
        ("http://dx.doi.org/10.1000/abc.", "10.1000/abc"),
        ("doi:10.1000/abc", "10.1000/abc"),
        ("DOI: 10.1000/abc,", "10.1000/abc"),
        ("{10.1000/abc}", "10.1000/abc"),
        (r"10.1007/s00\_1", "10.1007/s00_1"),
        (r"10.1007/s00{\_}1", "10.1007/s00_1"),
        (r"10.1007/s00\textunderscore{}1", "10.1007/s00_1"),
        (SICI.upper(), SICI),
        (SICI.replace("<", "%3C").replace(">", "%3E"), SICI),
        (SICI.replace("<", r"\%3C"), SICI),
        (SICI.replace("<", "%253C"), SICI),
        (SICI.replace("<", "&lt;").replace(">", "&gt;"), SICI),
        (SICI.replace("<", r"{\textless}").replace(">", r"{\textgreater}"), SICI),
        (SICI.replace("<", "{$<$}").replace(">", "{$>$}"), SICI),
        (SICI.replace("<", r"{\&}lt;").replace(">", r"\&gt\;"), SICI),
        ("10.1016/S0022-2836(05)80360-2", "10.1016/s0022-2836(05)80360-2"),
        ("(see doi:10.1000/abc)", "10.1000/abc"),
        ("<https://doi.org/10.1000/abc>", "10.1000/abc"),
        ("[10.1000/abc]", "10.1000/abc"),
        ("10.48550/arXiv.1706.03762v5", "10.48550/arxiv.1706.03762"),
        (r"\url{https://doi.org/10.1000/a_b}", "10.1000/a_b"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1002/abc.123/abstract", "10.1002/abc.123"),
        ("https://onlinelibrary.wiley.com/doi/pdf/10.1002/abc.123?casa_token=x", "10.1002/abc.123"),
        (
            "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0000000&type=printable",
            "10.1371/journal.pone.0000000",
        ),
        ("https://www.biorxiv.org/content/10.1101/2020.01.02.123456v2.full.pdf", "10.1101/2020.01.02.123456"),
        ("10.1101/2020.01.02.123456v1", "10.1101/2020.01.02.123456"),
        ("10.1000.10/123", "10.1000.10/123"),
        ("10.1000/a‐b", "10.1000/a-b"),
        ("https://doi.org/10.1000/a#b", "10.1000/a#b"),
        ("10.1000/ab\u200bc", "10.1000/abc"),
        ("10.1000/123 and more", "10.1000/123"),
        ("https://link.springer.com/chapter/10.1007/978-3-540-12345-6_12", "10.1007/978-3-540-12345-6_12"),
        ("10/gfx", None),
        ("10.1/abc", None),
        ("10.1000/", None),
        ("10.1000", None),
        ("v10.10000", None),
        ("", None),
        ("110.1000/abc", None),
        ("https://example.org/10.1000", None),
        ("10.1000/...", None),
    ],
)
def test_doi_is_found_in_whatever_people_write(text, doi):
    assert parse_doi(text) == doi


@pytest.mark.parametrize(
    ("text", "arxiv"),
    [
        ("1706.03762", "1706.03762"),
        ("1706.03762v5", "1706.03762"),
        ("0704.0001", "0704.0001"),
        ("arXiv:1706.03762 [cs.CL]", "1706.03762"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("hep-th/9901001v2", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("https://arxiv.org/abs/1706.03762v1", "1706.03762"),
        ("http://arxiv.org/pdf/1706.03762.pdf", "1706.03762"),
        ("CoRR abs/1706.03762", "1706.03762"),
        ("10.48550/arXiv.1706.03762", "1706.03762"),
        ("https://doi.org/10.48550/arXiv.1706.03762", "1706.03762"),
        ("arXiv preprint arXiv:1706.03762", "1706.03762"),
        ("arXiv:cs/0301001", "cs/0301001"),
        ("https://arxiv.org/abs/cs.CL/0301001", "cs/0301001"),
        ("2013.12345", None),
        ("1706.037", None),
        ("17060.3762", None),
        ("foo/9901001", None),
        ("see 1706.03762", None),
        ("", None),
    ],
)
def test_arxiv_identifier_old_and_new_without_version(text, arxiv):
    assert parse_arxiv(text) == arxiv


@pytest.mark.parametrize(
    ("text", "pmid"),
    [
        ("2231712", "2231712"),
        ("PMID: 2231712", "2231712"),
        ("https://pubmed.ncbi.nlm.nih.gov/2231712/", "2231712"),
        ("http://www.ncbi.nlm.nih.gov/pubmed/2231712", "2231712"),
        ("https://europepmc.org/article/MED/2231712", "2231712"),
        ("123456789", None),
        ("PMC123", None),
        ("x", None),
        ("0", None),
    ],
)
def test_pubmed_number(text, pmid):
    assert parse_pmid(text) == pmid


@pytest.mark.parametrize(
    ("text", "pmcid"),
    [
        ("PMC3531190", "3531190"),
        ("3531190", "3531190"),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC3531190/", "3531190"),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC3531190", "3531190"),
        ("PMCID: PMC3531190", "3531190"),
        ("abc", None),
    ],
)
def test_pubmed_central_number(text, pmcid):
    assert parse_pmcid(text) == pmcid


def test_semantic_scholar_corpus_id():
    assert parse_corpus_id("https://api.semanticscholar.org/CorpusID:75326832") == "75326832"
    assert parse_corpus_id("CorpusId: 12") == "12"
    assert parse_corpus_id("https://www.semanticscholar.org/paper/abc/123") is None


@pytest.mark.parametrize(
    ("text", "isbn"),
    [
        ("0-306-40615-2", "9780306406157"),
        ("978-0-306-40615-7", "9780306406157"),
        ("9780306406157", "9780306406157"),
        ("ISBN 080442957X", "9780804429573"),
        ("080442957x (pbk.)", "9780804429573"),
        ("978-0-306-40615-8", None),
        ("0-306-40615-3", None),
        ("12345", None),
        ("0022-2836", None),
        ("wrong 0306406153, right 0306406152", "9780306406157"),
    ],
)
def test_isbn_is_thirteen_digits_with_the_right_check_digit(text, isbn):
    assert parse_isbn(text) == isbn


@pytest.mark.parametrize(
    ("text", "valid"),
    [("0028-0836", True), ("1050-124X", True), ("1050124x", True), ("0028-0837", False), ("0028", False), ("", False)],
)
def test_issn_check_digit(text, valid):
    assert is_valid_issn(text) is valid


@pytest.mark.parametrize(
    ("fields", "identifiers"),
    [
        ({"doi": "10.1/x"}, []),
        ({"doi": "10.1000/x", "url": "https://doi.org/10.1000/X"}, ["doi:10.1000/x"]),
        ({"url": "https://doi.org/10.1000/y", "doi": "10.1000/x"}, ["doi:10.1000/x", "doi:10.1000/y"]),
        ({"doi": "10.1000/x", "note": "Erratum: doi:10.1000/e"}, ["doi:10.1000/x"]),
        ({"note": "doi:10.1000/e"}, ["doi:10.1000/e"]),
        ({"howpublished": r"\url{https://doi.org/10.1000/h}"}, ["doi:10.1000/h"]),
        ({"doi": "10.48550/arXiv.1706.03762"}, ["doi:10.48550/arxiv.1706.03762", "arxiv:1706.03762"]),
        ({"eprint": "1706.03762v2", "archiveprefix": "arXiv"}, ["arxiv:1706.03762"]),
        ({"eprint": "1706.03762"}, ["arxiv:1706.03762"]),
        ({"eprint": "2231712", "eprinttype": "pubmed"}, ["pmid:2231712"]),
        ({"eprint": "1706.03762", "eprinttype": "hdl"}, []),
        ({"journal": "arXiv preprint arXiv:1706.03762"}, ["arxiv:1706.03762"]),
        ({"journal": "CoRR", "volume": "abs/1706.03762"}, ["arxiv:1706.03762"]),
        ({"arxivid": "hep-th/9901001"}, ["arxiv:hep-th/9901001"]),
        ({"url": "https://arxiv.org/abs/1706.03762", "note": "arXiv:1807.00001"}, ["arxiv:1706.03762"]),
        ({"pmid": "12", "pmcid": "PMC34", "isbn": "0306406152"}, ["pmid:12", "pmcid:34", "isbn:9780306406157"]),
        ({"url": "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC3531190/"}, ["pmcid:3531190"]),
        ({"url": "https://www.ncbi.nlm.nih.gov/pubmed/2231712"}, ["pmid:2231712"]),
        ({"url": "https://api.semanticscholar.org/CorpusID:7"}, ["s2:7"]),
        ({"pages": "1706.03762", "volume": "1706.03762", "number": "2231712"}, []),
        ({"title": "On 10.1000/x", "abstract": "arXiv:1706.03762"}, []),
    ],
)
def test_identifiers_of_an_entry(fields, identifiers):
    assert [str(identifier) for identifier in identifiers_of(entry(**fields))] == identifiers


def test_two_dois_of_one_entry_disagree_but_an_arxiv_doi_beside_one_does_not():
    one, two, preprint = (Identifier("doi", doi) for doi in ("10.1000/x", "10.1000/y", "10.48550/arxiv.1706.03762"))
    assert dois_disagree((one, two))
    assert not dois_disagree((one, preprint, Identifier("arxiv", "1706.03762")))
    assert not dois_disagree(())


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"doi": "doi"}, ("doi", "not a DOI (10.<registrant>/<name>)")),
        ({"doi": "10/abcd"}, ("doi", "a short DOI; the indexes know the full ones only")),
        ({"isbn": "978-0-306-40615-8"}, ("isbn", "the check digit is wrong")),
        ({"isbn": "0028-0836"}, ("isbn", "an ISSN, not an ISBN")),
        ({"isbn": "12"}, ("isbn", "not an ISBN (10 or 13 digits)")),
        ({"issn": "0028-0837"}, ("issn", "the check digit is wrong")),
        ({"issn": "x"}, ("issn", "not an ISSN (1234-5679)")),
        ({"pmid": "x"}, ("pmid", "not a PubMed number")),
        ({"pmcid": "x"}, ("pmcid", "not a PubMed Central number")),
        ({"eprint": "x", "archiveprefix": "arXiv"}, ("eprint", "not an arXiv identifier")),
    ],
)
def test_a_malformed_identifier_is_named_with_its_reason(fields, complaint):
    (malformed,) = malformed_identifiers(entry(**fields))
    assert (malformed.field, malformed.why) == complaint
    assert malformed.value in fields.values()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"doi": " "},
        {"doi": "https://doi.org/10.1000/x"},
        {"isbn": "0306406152"},
        {"issn": "0028-0836, 1050-124X"},
        {"pmid": "1"},
        {"issn": "00280836 (print) 1050124X (online)"},
        {"eprint": "x"},
        {"eprint": "1706.03762", "archiveprefix": "arXiv"},
    ],
)
def test_well_formed_and_blank_identifiers_are_not_complained_about(fields):
    assert malformed_identifiers(entry(**fields)) == ()


@pytest.mark.parametrize(
    "piece", ["10.1000/", "10.1000/)", "arxiv:", "%25", "9-7", "10.1000/a;", "&amp;", "\\_", "doi:", "(10.1000/a)"]
)
def test_a_long_value_costs_no_more_than_its_first_part(piece):
    value = piece * 200_000
    assert len(parse_doi(value) or "") <= 2_000
    assert parse_isbn(value) is None
    assert parse_arxiv(value) is None
