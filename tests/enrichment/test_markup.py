"""Texts of the indexes become LaTeX that can neither end a BibTeX value nor run a command."""

import gzip
import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scholar_app.enrichment.latex import latex_to_text
from apps.scholar_app.enrichment.markup import markup_to_latex, title_to_latex
from tests.shared_data import needs_shared_data, shared

MML = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'
JATS = (
    "<jats:title>Abstract</jats:title>\n   <jats:sec><jats:title>Background</jats:title>\n"
    "<jats:p>H<jats:sub>2</jats:sub>O &amp; 5% of <jats:italic>E. coli</jats:italic>.</jats:p></jats:sec>"
)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("Plain  text\n of two lines", "Plain text of two lines", id="white space is folded"),
        pytest.param("50% of A&B #1 a_b", r"50\% of A\&B \#1 a\_b", id="BibTeX's special characters"),
        pytest.param("~ ^ \\", r"\textasciitilde{} \textasciicircum{} \textbackslash{}", id="TeX's other ones"),
        pytest.param(JATS, r"Background: H\textsubscript{2}O \& 5\% of \emph{E. coli}.", id="JATS"),
        pytest.param("<p>One</p><p>Two</p>", "One Two", id="paragraphs"),
        pytest.param("p &amp;lt; 0.05 &amp;amp; q", r"p < 0.05 \& q", id="escaped twice"),
        pytest.param("&#x2019;&eacute;&#233; &nosuch; AT&T", "’éé \\&nosuch; AT\\&T", id="entities"),
        pytest.param("&lt;sup&gt;13&lt;/sup&gt;C", r"\textsuperscript{13}C", id="escaped tags"),
        pytest.param("p <0.05 and <La captive>", "p <0.05 and <La captive>", id="what only looks like a tag"),
        pytest.param("a <b and c> d", "a <b and c> d", id="a comparison is no bold face"),
        pytest.param("<i>in vivo", r"\emph{in vivo}", id="never closed"),
        pytest.param("in</i> vivo", "in vivo", id="never opened"),
        pytest.param("a<i> b </i>c<sub></sub>", r"a \emph{b} c", id="blanks stay outside, empty groups vanish"),
        pytest.param("with<i>Plasmodium</i>and p<i>H</i>", r"with \emph{Plasmodium} and p\emph{H}", id="lost blanks"),
        pytest.param("<scp>GTPase 3C</scp> <b>x</b>", "GTPase 3C x", id="small capitals and bold"),
        pytest.param("x<!-- no -->y<script>alert(1)</script>z", "xyz", id="comments and scripts"),
        pytest.param("A\u202eB\u200bC\x00D\u00adE", "ABCDE", id="direction marks and invisible signs"),
        pytest.param("Li\u2010Fe 10\u221212\u2009K \ufb01n 𝑝", "Li-Fe 10-12 K fin p", id="typographic forms"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="a joiner that Persian needs"),
        pytest.param("u\u0308", "ü", id="composed"),
        pytest.param("Journal f\ufffdr Chemie", "", id="damaged on the way"),
        pytest.param("C\uf8ffH", "", id="a private character"),
        pytest.param("x" * 100_001, "", id="too long to be what it should be"),
    ],
)
def test_markup_becomes_latex(text: str, latex: str) -> None:
    assert markup_to_latex(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        pytest.param(r"$\alpha$ and $k\leq 5$", r"$\alpha$ and $k\leq 5$", id="formulas stay"),
        pytest.param("the {a_h1} package", r"the {a\_h1} package", id="braces that protect a name with an underscore"),
        pytest.param("costs $25.3 billion, nearly $19", r"costs \$25.3 billion, nearly \$19", id="prices do not"),
        pytest.param("$5 and $6", r"\$5 and \$6", id="two prices"),
        pytest.param(r"\beta rays, \alpha", r"$\beta$ rays, $\alpha$", id="bare signs"),
        pytest.param(r"\(x^2\) $$y_1$$", "$x^2$ $y_1$", id="other dollars"),
        pytest.param(r"R\&D 5\%", r"R\&D 5\%", id="escaped already"),
        pytest.param(r"Schr{\"o}dinger M\'{\i}n \v{c} Gau\ss", "Schrödinger Mín č Gauß", id="accents"),
        pytest.param(r"\textit{in vivo} {\it x} \textbf{y}", r"\emph{in vivo} \emph{x} y", id="fonts"),
        pytest.param("{LaTeX} and {1,2}", r"{LaTeX} and \textbraceleft{}1,2\textbraceright{}", id="braces"),
        pytest.param(r"$\{x\}$", r"$\lbrace x\rbrace$", id="braces in a formula"),
    ],
)
def test_tex_that_came_along_is_kept_where_it_is_known(text: str, latex: str) -> None:
    assert markup_to_latex(text) == latex


@pytest.mark.parametrize(
    "text",
    [
        r"\input{/etc/passwd}", r"\write18{rm}", r"$\input{x}$", r"$\csname input\endcsname$", r"$x$\def\a{b}",
        r"\href{javascript:x}{y}", r"\catcode`\%=12", r"$\left\input$", r"\immediate\openout", r"\emph{\input{x}}",
    ],
)  # fmt: skip
def test_a_command_that_is_not_known_is_text(text: str) -> None:
    commands = set(re.findall(r"\\([A-Za-z]+)", markup_to_latex(text)))
    assert commands <= {"textbackslash", "textbraceleft", "textbraceright", "emph", "left"}


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        pytest.param(
            f"<mml:math {MML}><mml:mi>P</mml:mi><mml:mo>&lt;</mml:mo><mml:mn>0.05</mml:mn></mml:math>", "$P < 0.05$",
            id="a comparison",
        ),
        pytest.param(
            "Mn<mml:math><mml:msub><mml:mrow/><mml:mn>2</mml:mn></mml:msub></mml:math>VAl", "Mn$_{2}$ VAl",
            id="an index stays at its letter",
        ),
        pytest.param(
            "the<math><mi>N</mi><mo>=</mo><mn>88</mn></math>nucleus", "the $N = 88$ nucleus", id="lost blanks",
        ),
        pytest.param("<math><mi>d</mi></math>-complete, <math><mi>n</mi></math>th", "$d$-complete, $n$th", id="joined"),
        pytest.param(
            "<math><mover><mi>B</mi><mo>→</mo></mover><mo>∈</mo><msup><mi>ℝ</mi><mn>3</mn></msup></math>",
            r"$\vec{B} \in\mathbb{R}^{3}$", id="accents and sets",
        ),
        pytest.param(
            "<math><mfrac><mn>1</mn><msqrt><mi>α</mi></msqrt></mfrac></math>", r"$\frac{1}{\sqrt{\alpha}}$",
            id="fractions",
        ),
        pytest.param(
            "<math><mmultiscripts><mi mathvariant='normal'>Tb</mi><mprescripts/><none/><mn>153</mn></mmultiscripts>"
            "</math>", r"${}^{153}\mathrm{Tb}$", id="an isotope",
        ),
        pytest.param("<math><mn>1</mn><mn>.5</mn></math> kg", "1.5 kg", id="a number needs no dollars"),
        pytest.param(
            '<mml:math alttext="$k\\leq 5$"><mml:mtable/></mml:math>', r"$k\leq 5$", id="TeX beside it is preferred",
        ),
        pytest.param('<math alttext="$\\input{x}$"><mi>k</mi></math>', "$k$", id="unless it is not harmless"),
        pytest.param("a<math><mtable><mtr>x</mtr></mtable></math>b", "a x b", id="what is not simple is text"),
        pytest.param("<math><mi>x</mi>", "$x$", id="cut off"),
        pytest.param(
            "<jats:inline-formula><jats:alternatives><jats:tex-math>$x^2$</jats:tex-math>"
            "<mml:math><mml:mi>x</mml:mi></mml:math></jats:alternatives></jats:inline-formula>", "$x^2$",
            id="one formula in two forms is written once",
        ),
        pytest.param(
            r"<tex-math>\documentclass{minimal}\begin{document}$$\alpha$$\end{document}</tex-math>", r"$\alpha$",
            id="a whole document around a formula",
        ),
    ],
)  # fmt: skip
def test_mathml_becomes_a_formula_where_it_is_simple(text: str, latex: str) -> None:
    assert markup_to_latex(text) == latex


def test_plain_fields_keep_only_the_text() -> None:
    assert markup_to_latex("<i>J.</i> Chem<sub>2</sub> &amp; Co", styled=False) == r"J. Chem2 \& Co"


def is_safe(latex: str) -> bool:
    """Balanced for BibTeX, which counts every brace, and nothing in it is special to TeX without being meant."""
    depth = 0
    for sign in latex:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    bare = re.sub(r"\$[^$]*\$", "", re.sub(r"\\[%&_#$]", "", latex))
    return depth == 0 and not re.search(r"[%&_#$~^\n\x00-\x1f\x7f]|\\$|\\[{}]", bare)


@given(st.text(st.sampled_from(list("ab \\{}$%&_#<>/i^~\"'é\x00\u202e,=@\n")), max_size=60))
def test_no_text_whatever_ends_its_value_or_leaves_a_special_character_bare(text: str) -> None:
    assert is_safe(markup_to_latex(text))
    assert is_safe(title_to_latex(text))


def real_texts() -> Iterator[tuple[str, str]]:
    for name in ("crossref_works.jsonl.gz", "crossref_works_more.jsonl.gz"):
        with gzip.open(shared("catalogue", name), "rt") as lines:
            for work in map(json.loads, lines):
                for field in ("title", "abstract", "container-title"):
                    values = work.get(field) or []
                    yield from ((field, value) for value in ([values] if isinstance(values, str) else values))


@needs_shared_data
def test_every_text_of_real_records_comes_out_safe_and_without_markup() -> None:
    markup = re.compile(r"</?(?:jats:|mml:|m:)?(?:p|i|sub|sup|sec|title|italic|math|mi|mo|scp)\b[^<>]*>|&[a-z]+;")
    for field, text in real_texts():
        latex = title_to_latex(text) if field == "title" else markup_to_latex(text)
        assert is_safe(latex), text
        assert not markup.search(latex), text


@pytest.mark.parametrize(
    "piece", ["<i>", "<math>", '<a x="', "<!--", "$", r"\(", r"{\"", "&amp;", "<tex>", r"\emph{", "<title>"]
)
def test_hostile_repetitions_give_a_safe_answer(piece: str) -> None:
    assert is_safe(markup_to_latex(piece * (50_000 // len(piece))))


def test_what_was_written_reads_back_as_the_same_words() -> None:
    text = "Über <i>E. coli</i> &amp; H<sub>2</sub>O: 5% of $\\alpha$"
    assert latex_to_text(markup_to_latex(text)) == "Über E. coli & H2O: 5% of α"
