import pytest

from apps.scholar_app.enrichment.latex import latex_to_text


@pytest.mark.parametrize(
    "value",
    [r"{\"u}", r"\"{u}", r"\"u", r"{\"{u}}", '\\"\nu', "ü", "u\u0308"],
)
def test_every_spelling_of_an_accent_is_the_same_letter(value):
    assert latex_to_text(f"M{value}ller") == "Müller"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r"na{\"\i}ve", "naïve"),
        (r"na\"{\i}ve", "naïve"),
        (r"\'{\i}ndice", "índice"),
        (r"\v{C}ech", "Čech"),
        (r"{\v C}ech", "Čech"),
        (r"gar\c con", "garçon"),
        (r"gar{\c{c}}on", "garçon"),
        (r"{\o}re", "øre"),
        (r"\o re", "øre"),
        (r"Stra{\ss}e", "Straße"),
        (r"{\AA}ngstr{\"o}m", "Ångström"),
        (r"\L{}ukasz", "Łukasz"),
        (r"Erd{\H o}s", "Erdős"),
        (r"\.Ilknur", "İlknur"),
        (r"\d{s}", "ṣ"),
        (r"\^{}x", "x"),
        (r"\'{}x", "x"),
        (r"\`a \= \~n", "à ñ̄"),
    ],
)
def test_accents_and_letters_become_unicode(value, text):
    assert latex_to_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{The {NP}-hard {DNA}}", "The NP-hard DNA"),
        (r"\emph{E. coli} grows", "E. coli grows"),
        (r"\textit{a}b", "ab"),
        (r"CO\textsubscript{2}", "CO2"),
        ("CO$_2$", "CO2"),
        ("H$_{2}$O", "H2O"),
        (r"$\alpha$-helix", "α-helix"),
        (r"$\mathbb{R}^n$", "Rn"),
        (r"\(\beta\)", "β"),
        (r"\ensuremath{\gamma}", "γ"),
        ("1990--2000", "1990-2000"),
        ("a---b", "a-b"),
        ("``so''", '"so"'),
        ("J.~Doe", "J. Doe"),
        (r"Smith \& Sons", "Smith & Sons"),
        (r"100\% \#1 a\_b", "100% #1 a_b"),
        (r"a\\b", "a b"),
        (r"a\,b", "a b"),
        (r"hy\-phen", "hyphen"),
        (r"\href{https://x.example/}{Text}", "Text"),
        (r"\textcolor{red}{hot}", "hot"),
        (r"\url{https://x.example/a_b}", "https://x.example/a_b"),
        (r"snake_case^2", "snake_case^2"),
        (r"costs \$5 or \$6_a", "costs $5 or $6_a"),
        (r"\LaTeX{} rocks", "LaTeX rocks"),
        ("  two\n  lines ", "two lines"),
    ],
)
def test_markup_leaves_what_it_marks(value, text):
    assert latex_to_text(value) == text


@pytest.mark.parametrize("value", ["", "\\", "{", "}", "$", "\\'", "\\v", "\\href{", '{\\"', "a\\", "\\\x00", "\ud800"])
def test_broken_latex_never_raises(value):
    assert isinstance(latex_to_text(value), str)


def test_only_the_first_characters_are_looked_at():
    assert latex_to_text("ab" * 100, 5) == "ababa"
    assert latex_to_text("{a}" * 100, 6) == "aa"


@pytest.mark.parametrize("piece", ["{", "}", "\\", "\\'", "$", "\\href{", "\\v ", "~", 'a\\"', "\\sqrt["])
def test_a_bomb_is_decoded_in_one_pass(piece):
    # A quadratic decoder needs hours for this; the test would not end.
    assert len(latex_to_text(piece * 400_000, 10**9)) <= 4 * 400_000
