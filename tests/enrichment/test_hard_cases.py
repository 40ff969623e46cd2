"""Hard cases by hand: yearly reports, bodies, common names, versions, languages, proceedings; a "yes" for each "no"."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import judge, reference_of, verify
from apps.scholar_app.enrichment.names import parse_names
from apps.scholar_app.enrichment.record import Record

from .entries import PlainEntry, entry


def known(title: str, authors: str = "", year: int | None = None, container: str = "", **said: Any) -> Record:
    return Record(
        "crossref", date(2026, 1, 1), title=title, authors=parse_names(authors).people, year=year,
        years=(year,) if year else (), container=container, doi="10.1000/x", **{"type": "journal-article", **said},
    )  # fmt: skip


CA = "CA: A Cancer Journal for Clinicians"
CANCER = {"author": "Siegel, R. L. and Miller, K. D. and Jemal, A.", "journal": "CA Cancer J. Clin."}
SIEGEL = CANCER["author"]
WHO = "{World Health Organization}"
TOP = "Measurement of the top quark mass with leptons"
SMITH = "Smith, J. and Doe, A."
PRISMA = "The PRISMA statement for reporting systematic reviews: explanation and elaboration"
SCHOOLS = "School closure and influenza transmission"
COMPLEX = "О теории функций комплексного переменного"
IMAGES = "Research on image segmentation"

#: The entry, another work's record, and the record that is the entry's.
CASES: dict[str, tuple[PlainEntry, Record, Record]] = {
    "the statistics of another year": (
        entry(title="Cancer statistics, 2019", year="2019", **CANCER),
        known("Cancer statistics, 2020", SIEGEL, 2020, CA, volume="70"),
        known("Cancer statistics, 2019", SIEGEL, 2019, CA, volume="69"),
    ),
    "the statistics of another volume": (
        entry(title="Cancer statistics", year="2019", volume="69", **CANCER),
        known("Cancer statistics", SIEGEL, 2020, CA, volume="70"),
        known("Cancer statistics", SIEGEL, 2019, CA, volume="69"),
    ),
    "a body's report of another year": (
        entry("techreport", title="World Malaria Report", author="{WHO}", year="2019"),
        known("World malaria report", WHO, 2018, type="report"),
        known("World malaria report", WHO, 2019, type="report"),
    ),
    "a report with another year in its title": (
        entry("techreport", title="World Malaria Report 2019", author=WHO, year="2019"),
        known("World malaria report 2018", WHO, 2018, type="report"),
        known("World malaria report 2019", WHO, 2019, type="report"),
    ),
    "the same measurement by another collaboration": (
        entry(title=TOP, author="{ATLAS Collaboration}", year="2012", journal="Phys. Lett. B"),
        known(TOP, "{CMS Collaboration}", 2012, "Physics Letters B"),
        known(TOP, "{The ATLAS Collaboration}", 2012, "Physics Letters B"),
    ),
    "a collaboration and people": (
        entry(title=TOP, author="{ATLAS Collaboration}", year="2012", journal="Phys. Lett. B"),
        known(TOP, "Aad, G. and Abbott, B.", 2012, "Physics Letters B"),
        known(TOP, "{ATLAS Collaboration} and Aad, G.", 2012, "Physics Letters B"),
    ),
    "another energy": (
        entry(title=f"{TOP} at 7 TeV", author="{ATLAS Collaboration}", year="2012", journal="Phys. Lett. B"),
        known(f"{TOP} at 8 TeV", "{ATLAS Collaboration}", 2012, "Physics Letters B"),
        known(f"{TOP} at 7 TeV", "{ATLAS Collaboration}", 2012, "Physics Letters B"),
    ),
    "one of thousands of Zhang, W.": (
        entry(title=IMAGES, author="Zhang, Wei", year="2015"),
        known(IMAGES, "Zhang, Wei", 2015, "Applied Mechanics and Materials"),
        known(f"{IMAGES} of cells by graphs", "Nowhere, Wei", 2014),
    ),
    "Wang, Y. and Wang, X.": (
        entry(title=SCHOOLS, author="Wang, Y.", year="2015", journal="J. Epidemiol."),
        known(SCHOOLS, "Wang, X.", 2015, "Journal of Epidemiology"),
        known(SCHOOLS, "Wang, Yan", 2015, "Journal of Epidemiology"),
    ),
    "another version of a program": (
        entry("software", title="matplotlib/matplotlib: v3.1.0", author="Caswell, T. A.", year="2019"),
        known("matplotlib/matplotlib v3.1.2", "Caswell, Thomas A.", 2019, type="software"),
        known("matplotlib/matplotlib v3.1.0", "Caswell, Thomas A.", 2019, type="software"),
    ),
    "the proceedings of another year": (
        entry("proceedings", title="Advances in Cryptology -- CRYPTO 2018", editor=SMITH, year="2018"),
        known("Advances in Cryptology – CRYPTO 2019", SMITH, 2019, type="proceedings"),
        known("Advances in Cryptology – CRYPTO 2018", SMITH, 2018, type="proceedings"),
    ),
    "another volume of the proceedings": (
        entry("proceedings", title="Advances in Cryptology -- CRYPTO 2018, Part I", editor=SMITH, year="2018"),
        known("Advances in Cryptology – CRYPTO 2018, Part II", SMITH, 2018, type="proceedings"),
        known("Advances in Cryptology – CRYPTO 2018, Part I", SMITH, 2018, type="proceedings"),
    ),
    "an editorial of the same people elsewhere in the volume": (
        entry(title="Editorial", author=SMITH, year="2018", journal="Journal of Things", volume="4", pages="1--2"),
        known("Editorial", SMITH, 2018, "Journal of Things", volume="4", pages="101-103"),
        known("Editorial", SMITH, 2018, "Journal of Things", volume="4", pages="1-2"),
    ),
    "a preface in an issue that is not named": (
        entry(title="Preface", author=SMITH, year="2018", journal="Journal of Things"),
        known("Preface", SMITH, 2018, "Journal of Things", volume="4", pages="101"),
        known("Preface to things beyond the known", "Nobody, X.", 2017),
    ),
    "the second special issue": (
        entry(title="Special issue on deep learning for things", author=SMITH, year="2018", journal="J. Things"),
        known("Special Issue on Deep Learning for Things II", SMITH, 2018, "Journal of Things"),
        known("Special Issue on Deep Learning for Things", SMITH, 2018, "Journal of Things"),
    ),
    "a statement in another journal": (
        entry(title=PRISMA, author="Liberati, A. and Altman, D. G.", year="2009", journal="BMJ"),
        known(PRISMA, "Liberati, A. and Altman, D. G.", 2009, "PLoS Medicine"),
        known(PRISMA, "Liberati, A. and Altman, D. G.", 2009, "BMJ"),
    ),
    "another title in German": (
        entry(title="Zur Elektrodynamik bewegter Körper", author="Einstein, A.", year="1905", journal="Ann. Phys."),
        known("Zur Theorie der Lichterzeugung", "Einstein, A.", 1905, "Annalen der Physik"),
        known("Zur Elektrodynamik bewegter Körper", "Einstein, A.", 1905, "Annalen der Physik"),
    ),
    "another title in Russian": (
        entry(title=COMPLEX, author="Иванов, А.", year="2001", journal="Матем. сб."),
        known("О теории функций действительного переменного", "Иванов, А.", 2001, "Математический сборник"),
        known(COMPLEX, "Иванов, А.", 2001, "Математический сборник"),
    ),
    "women for men": (
        entry(title="Effects of aspirin on mortality in men", author=SMITH, year="2010", journal="Lancet"),
        known("Effects of aspirin on mortality in women", SMITH, 2010, "The Lancet"),
        known("Effects of aspirin on mortality in men", SMITH, 2010, "The Lancet"),
    ),
    "mouse for rat": (
        entry(title="Isolation of cells from rat liver", author=SMITH, year="2010", journal="Cell"),
        known("Isolation of cells from mouse liver", SMITH, 2010, "Cell"),
        known("Isolation of cells from rat liver", SMITH, 2010, "Cell"),
    ),
    "complex B for complex A": (
        entry(title="Structure of protein complex A in yeast", author=SMITH, year="2010", journal="Cell"),
        known("Structure of protein complex B in yeast", SMITH, 2010, "Cell"),
        known("Structure of protein complex A in yeast", SMITH, 2010, "Cell"),
    ),
    "SL3 for SL2": (
        entry(title="On the cohomology of SL2 over rings", author=SMITH, year="2010", journal="Topology"),
        known("On the cohomology of SL3 over rings", SMITH, 2010, "Topology"),
        known("On the cohomology of SL2 over rings", SMITH, 2010, "Topology"),
    ),
    "all you need, and what it is needed for": (
        entry(title="Attention is all you need", author="Vaswani, A. and others", year="2017", journal="NeurIPS"),
        known("Attention Is All You Need In Speech Separation", "Subakan, C.", 2017, "ICASSP"),
        known(
            "Attention is all you need", "Vaswani, A. and Shazeer, N.", 2017,
            "Advances in Neural Information Processing Systems",
        ),
    ),
}  # fmt: skip
#: Nothing there is is surely the entry's: it is too common, or people would have to say who they are.
_NEVER = {"one of thousands of Zhang, W.", "a preface in an issue that is not named"}
#: What else is in the titles speaks for the identifier, or nobody can say.
_NO_CONFLICT = {
    "the statistics of another volume", "a body's report of another year", "a collaboration and people",
    "the same measurement by another collaboration", "an editorial of the same people elsewhere in the volume",
    "a statement in another journal", "Wang, Y. and Wang, X.", *_NEVER,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_another_work_is_not_taken(case: str) -> None:
    said, another, _ = CASES[case]
    assert judge(reference_of(said), [another]).verdict != "accepted"


@pytest.mark.parametrize("case", [case for case in CASES if case not in _NEVER])
def test_its_own_record_is_taken_alone_and_beside_the_other(case: str) -> None:
    said, another, own = CASES[case]
    assert judge(reference_of(said), [own]).verdict == "accepted"
    judgement = judge(reference_of(said), [another, replace(own, doi="10.1000/own")])
    assert (judgement.verdict, judgement.best and judgement.best.record.doi) == ("accepted", "10.1000/own")


@pytest.mark.parametrize("case", [case for case in CASES if case not in _NO_CONFLICT])
def test_the_identifier_of_another_work_is_a_conflict_and_its_own_is_none(case: str) -> None:
    said, another, own = CASES[case]
    assert verify(reference_of(said), another).contradictions
    assert verify(reference_of(said), own).agrees
