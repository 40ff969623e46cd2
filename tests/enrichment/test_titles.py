import pytest

from apps.scholar_app.enrichment.title_kinds import (
    classes_of,
    is_afterword,
    is_foreword,
    is_generic,
    is_genre,
    part_numbers,
)
from apps.scholar_app.enrichment.titles import alike, compare_titles


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tumour", "tumor"),
        ("optimisation", "optimization"),
        ("modelling", "modeling"),
        ("haemoglobin", "hemoglobin"),
        ("centre", "center"),
        ("langauge", "language"),
        ("explanations", "explanation"),
        ("tof", "of"),
        ("ad", "and"),
        ("il", "in"),
        ("s", "as"),
        ("database", "databases"),
    ],
)
def test_spellings_of_one_word_are_alike(one, other):
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("supervised", "unsupervised"),
        ("hypertension", "hypotension"),
        ("symmetric", "asymmetric"),
        ("linear", "nonlinear"),
        ("intracellular", "intercellular"),
        ("microscopic", "macroscopic"),
        ("cat", "rat"),
        ("in", "on"),
        ("for", "from"),
        ("ion", "anion"),
        ("typical", "atypical"),
        ("2d", "3d"),
        ("h1n1", "h1n2"),
        ("local", "global"),
        ("tuning", "training"),
        ("ifn", "ine"),
    ],
)
def test_other_words_are_not_alike_however_near(one, other):
    assert not alike(one, other)
    assert not alike(other, one)


def test_a_word_exchanged_is_a_substitution_and_nothing_else():
    difference = compare_titles("deep adversarial training of nets", "deep competitive training of nets")
    assert (difference.substituted, difference.extra, difference.missing, difference.spelling) == (1, 0, 0, 0)


def test_a_small_word_exchanged_for_a_word_is_a_substitution():
    assert compare_titles("classification with cats", "classification dosage cats").substituted == 1


def test_small_words_are_counted_apart():
    difference = compare_titles("learning on graphs", "learning in graphs")
    assert (difference.substituted, difference.particles) == (0, 1)


def test_misspelt_and_run_together_words_are_spelling():
    difference = compare_titles("fast data base sistems", "fast database systems")
    assert (difference.spelling, difference.substituted) == (1, 0)


def test_a_plural_is_a_spelling_and_noted_as_plural():
    difference = compare_titles("explanations of nets", "explanation of nets")
    assert (difference.spelling, difference.plurals) == (1, 1)


def test_what_stands_behind_the_end_is_a_tail():
    assert compare_titles("on cats", "on cats and dogs").tail == ("and", "dogs")
    assert compare_titles("on cats and dogs", "on cats").tail_extra == ("and", "dogs")
    assert compare_titles("on cats", "on cats and dogs").missing == 0


def test_what_stands_before_the_beginning_is_a_head():
    assert compare_titles("cats and dogs", "more on cats and dogs").head == ("more", "on")
    assert compare_titles("cats and dogs", "cats or dogs").head == ()
    assert compare_titles("a cat", "a note on a cat").head == ("a", "note", "on")
    assert compare_titles("a cat", "catacat").head == ()


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("survey of 2009 in rome", "survey of 2010 in rome", True),
        ("two cats", "2 cats", False),
        ("part ii of cats", "part 2 of cats", False),
        ("phase iii trial", "phase 3 trial", False),
        ("vitamin c", "vitamin c 20 in rats", False),
        ("10 000 cats", "10000 cats", False),
        ("covid 19 cats", "covid 18 cats", True),
    ],
)
def test_numbers_differ_outside_of_the_tail_only(one, other, differ):
    assert compare_titles(one, other).numbers is differ


@pytest.mark.parametrize(
    ("title", "numbers"),
    [
        ("on cats part ii", {2}),
        ("on cats part 2", {2}),
        ("on cats ii", {2}),
        ("on cats volume one", {1}),
        ("second part of cats", frozenset()),
        ("on cats 3", {3}),
        ("i", frozenset()),
        ("vitamin c and cats", frozenset()),
        ("cats in 1999", frozenset()),
        ("part " + "9" * 5000, {999999}),
    ],
)
def test_part_numbers(title, numbers):
    assert part_numbers(title) == numbers


@pytest.mark.parametrize(
    "title",
    ["editorial", "introduction to the special issue", "the editors", "book review", "index", "questions and answers"],
)
def test_generic_titles(title):
    assert is_generic(title)


@pytest.mark.parametrize("title", ["editorial policy of nature", "introduction to algorithms", "deep learning", ""])
def test_titles_that_only_begin_like_generic_ones(title):
    assert not is_generic(title)


@pytest.mark.parametrize(
    "title",
    [
        "correction to cats",
        "erratum cats",
        "publisher correction cats",
        "retraction note to cats",
        "comment on cats",
        "cats reply",
        "cats a reply",
        "reply to cats",
        "re cats",
        "review of cats",
        "data from cats",
        "cats supplementary material",
        "cats revisited",
        "cats second edition",
        "cats extended abstract",
        "cats vol 3 pg 12 1999",
    ],
)
def test_a_title_about_another_work_has_a_class(title):
    assert classes_of(title)


@pytest.mark.parametrize(
    "title",
    [
        "error correction codes",
        "immune response of cats",
        "a review of cats",
        "response surfaces",
        "the review process",
        "cats",
    ],
)
def test_plain_titles_have_few_classes(title):
    assert classes_of(title) <= {"a comment or reply"}
    assert classes_of("error correction codes") == frozenset()


def test_afterwords_and_forewords():
    assert is_afterword(("reply",))
    assert is_afterword(("10", "years", "later"))
    assert not is_afterword(("10", "years", "of", "cats"))
    assert not is_afterword(("reply", "of", "cats"))
    assert not is_afterword(())
    assert is_foreword(("more", "on"))
    assert not is_foreword(("on",))
    assert not is_foreword(("fast", "cats"))
    assert not is_foreword(())


def test_a_subtitle_that_names_but_a_kind_of_text():
    assert is_genre(("a", "systematic", "review"))
    assert not is_genre(("a", "systematic", "review", "of", "cats"))
    assert not is_genre(("a", "very", "long", "systematic", "review"))
    assert not is_genre(("a", "new", "frontier"))
    assert not is_genre(())
