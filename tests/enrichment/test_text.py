import pytest

from apps.scholar_app.enrichment.text import (
    content_words,
    digits_of,
    first_page,
    fold,
    language_of,
    main_title,
    normalise_title,
    squeeze,
    year_of,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"{\"U}ber die {W}elt", "Über die Welt"),
        ("Café &amp; Bar", r"Caf\'e \& Bar"),
        ("Cats and dogs", "Cats & Dogs"),
        ("CO<sub>2</sub> in <i>E. coli</i>", r"{CO}$_2$ in \emph{E. coli}"),
        ("α-helix", "alpha-helix"),
        ("γδ T cells", "gamma delta T cells"),
        ("&#946;-lactam", r"$\beta$-lactam"),
        ("Don’t", "Don't"),
        ("“A”", "``A''"),
        ("ﬁne", "fine"),
        ("X²", "X2"),
        ("ﬀ—x", "ff - x"),
        ("Rock &amp;amp; Roll", "Rock & Roll"),
        ("Ørsted", "Orsted"),
        ("A<br/>B", "A B"),
        ("<jats:italic>In vivo</jats:italic>", "In vivo"),
        ('<mml:math xmlns="x"><mml:mi>x</mml:mi></mml:math>', "x"),
        ("soft\u00adhyphen", "softhyphen"),
        ("I\u0307stanbul", "istanbul"),
        ("Σίσυφος και άλλα", "ΣΊΣΥΦΟΣ ΚΑΙ ΆΛΛΑ"),
        ("µm", "μm"),
        ("A title.", "A Title"),
        ("tab\tand\u00a0space", "tab and space"),
        ("Brand™ new", "brand new"),
    ],
)
def test_spellings_of_one_title_have_one_normal_form(one, other):
    assert normalise_title(one) == normalise_title(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Part I", "Part II"),
        ("x1", "x2"),
        ("p < 0.05 and p > 0.01", "p 0.01"),
        ("a<b and c>d", "ad"),
        ("C", "C++ x"),
        ("深度学习", "机器学习"),
        ("α", "β"),
    ],
)
def test_different_titles_keep_different_normal_forms(one, other):
    assert normalise_title(one) != normalise_title(other)


def test_normal_form_is_words_of_letters_and_digits():
    assert normalise_title("  The {B}ig--Bang:  (a) Review?! ") == "the big bang a review"


@pytest.mark.parametrize("text", ["Straße", "İ", "ŒUVRE", "ſ", "ΐ", "Å", "ﷺ", "ⅷ"])
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("title", "main"),
    [
        ("Deep learning for cats: a survey", "deep learning for cats"),
        ("BERT: Pre-training of deep things", "bert pre training of deep things"),
        ("Is this the end? A reply", "is this the end"),
        ("Long enough title -- with more", "long enough title"),
        ("Long enough title – with more", "long enough title"),
        ("Pre-training of words", "pre training of words"),
        ("Mr. Smith goes. Then he returns", "mr smith goes"),
    ],
)
def test_main_title_ends_at_the_first_mark_after_three_words(title, main):
    assert main_title(title) == main


def test_squeezed_titles_forget_hyphens_and_spaces():
    assert squeeze(normalise_title("Data-base sys tem")) == squeeze(normalise_title("Database system"))


def test_content_words_keep_order_and_drop_particles():
    assert content_words("the art of the deal") == ["art", "deal"]


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("1999", 1999),
        ("2020-05-01", 2020),
        ("{2003}", 2003),
        ("c. 1850", 1850),
        ("2019/2020", 2019),
        ("1998a", 1998),
        ("in press", None),
        ("", None),
        ("20055", None),
        ("1499", None),
        ("2100", None),
        ("199?", None),
    ],
)
def test_year_is_the_first_four_digits_that_can_be_one(value, year):
    assert year_of(value) == year


@pytest.mark.parametrize(
    ("value", "page"),
    [
        ("155--165", "155"),
        ("pp. 12-14", "12"),
        ("S12–S20", "s12"),
        ("e123", "e123"),
        ("iv--x", "iv"),
        ("12,15", "12"),
        ("Article 45", "45"),
        ("Art. No. e45", "e45"),
        ("L45", "l45"),
        ("12:1--12:15", "12"),
        ("\\,7", "7"),
        ("to appear", ""),
        ("accepted", ""),
        ("in press", ""),
        ("n/a", ""),
        ("0-0", ""),
        ("", ""),
        ("??", ""),
    ],
)
def test_first_page_is_bare(value, page):
    assert first_page(value) == page


@pytest.mark.parametrize(
    ("value", "digits"), [("Vol. 12", "12"), ("012", "12"), ("12(3)", "12"), ("LIV", ""), ("0", "")]
)
def test_digits_of_a_volume(value, digits):
    assert digits_of(value) == digits


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("the history of cats in the city", "en"),
        ("die geschichte der katzen in der stadt", "de"),
        ("histoire des chats dans la ville", "fr"),
        ("historia de los gatos en la ciudad", "es"),
        ("storia dei gatti nella citta", "it"),
        ("historia dos gatos na cidade em lisboa", "pt"),
        ("de geschiedenis van het dorp", "nl"),
        ("attention mechanisms", ""),
        ("", ""),
    ],
)
def test_a_title_shows_its_language_by_its_small_words(title, language):
    assert language_of(title) == language
