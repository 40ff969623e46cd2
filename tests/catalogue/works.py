"""Records to test with."""

from datetime import date

from apps.scholar_app.enrichment.record import Name, Record

DAY = date(2024, 5, 6)


def paper(number: int = 1, **said) -> Record:
    """A journal article unlike any other number's, as Crossref describes it."""
    facts = {
        "source": "crossref",
        "retrieved": DAY,
        "doi": f"10.1000/paper.{number}",
        "title": f"Observations concerning phenomenon number{number}",
        "authors": (Name(f"Author{number}", "Ada"), Name("Coauthor", "Carl")),
        "year": 2000,
        "years": (2000,),
        "type": "journal-article",
        "container": "Journal of Phenomena",
        "volume": "12",
        "pages": f"{number}-{number + 5}",
    }
    return Record(**(facts | said))
