import pytest

from apps.scholar_app.enrichment.authorship import compare_authors
from apps.scholar_app.enrichment.forms import Form
from apps.scholar_app.enrichment.names import parse_names


def agreement(ours, theirs):
    one, other = parse_names(ours), parse_names(theirs)
    return compare_authors(
        Form(title="", authors=one.people, others=one.others), Form(title="", authors=other.people, others=other.others)
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ("Smith, A. and Doe, B.", "Smith, Ann and Doe, Bob", 1.0),
        ("Smith, A. and Roe, B.", "Smith, Ann and Doe, Bob", 0.5),
        ("Smiht, A.", "Smith, Ann", 1.0),
        ("Li, A.", "Lu, A.", 0.0),
        ("Garcia, A.", "García Márquez, A.", 1.0),
        ("Wei, Zhang", "Zhang, Wei", 1.0),
        ("Michael, Jordan", "Jordan, Michael", 1.0),
        ("Michael, Jordan", "Jordan, Michael I.", 1.0),
        ("Michael I., Jordan", "Jordan, Michael", 1.0),
        ("Riad El, Kebbaj", "Kebbaj, Riad El", 1.0),
        ("Michael, Jordan", "Gordon-Levitt, Michael", 0.0),
        ("Li, Wei", "Wei, L.", 0.0),
        ("Li, Wei", "Wei, Liang", 0.0),
        ("Zhang, W. and Zhang, X.", "Zhang, W. and Doe, B.", 0.5),
        ("Smith, A. and Smyth, B.", "Smith, A. and Doe, B.", 0.5),
        ("Smyth, A. and Smith, B.", "Smith, A. and Doe, B.", 0.5),
        ("Smitt, A. and Smitz, B.", "Smith, A. and Doe, B.", 0.5),
        ("Doe, A.", "Roe, A. and Poe, A.", 0.0),
    ],
)
def test_share_of_the_entrys_authors_that_the_record_has(ours, theirs, found):
    assert agreement(ours, theirs).found == found


def test_share_of_the_records_authors_that_the_entry_has():
    assert agreement("Smith, A.", "Smith, A. and Doe, B.").covered == 0.5
    assert agreement("Smith, A. and Doe, B.", "Smith, A.").covered == 1.0


def test_who_comes_first():
    assert agreement("Smith, A. and Doe, B.", "Smith, A. and Doe, B.").first == 1.0
    assert agreement("Doe, B. and Smith, A.", "Smith, A. and Doe, B.").first == 0.5
    assert agreement("Roe, C. and Smith, A.", "Smith, A. and Doe, B.").first == 0.0


@pytest.mark.parametrize(
    ("ours", "theirs", "share"),
    [
        ("Smith, A.", "Smith, Ann", 0.0),
        ("Smith, B.", "Smith, Ann", 1.0),
        ("Smith, Ann B.", "Smith, B.", 0.0),
        ("Smith", "Smith, Ann", 0.0),
        ("Smith, B. and Doe, C.", "Smith, Ann and Doe, Carl", 0.5),
    ],
)
def test_initials_that_contradict_each_other(ours, theirs, share):
    assert agreement(ours, theirs).initials == share


def test_nobody_on_one_side_is_not_known():
    assert not agreement("", "Smith, A.").known
    assert not agreement("Smith, A.", "Anonymous").known
