"""Capitals are protected where a style would spoil them, and nowhere else."""

import pytest

from apps.scholar_app.enrichment.markup import title_to_latex


@pytest.mark.parametrize(
    ("title", "latex"),
    [
        pytest.param("the structure of DNA", "the structure of {DNA}", id="an acronym"),
        pytest.param("Macros for LaTeX and iPhone", "Macros for {LaTeX} and {iPhone}", id="capitals within a word"),
        pytest.param("A logical calculus by McCulloch", "A logical calculus by {McCulloch}", id="a name"),
        pytest.param("Malignant tumours in Bavaria", "Malignant tumours in {Bavaria}", id="a name in a sentence"),
        pytest.param("Deep Learning for Biology", "Deep Learning for Biology", id="a title in capitals throughout"),
        pytest.param("DNA Repair in Yeast Cells", "{DNA} Repair in Yeast Cells", id="both"),
        pytest.param("A STUDY OF FIFTY CASES", "A STUDY OF FIFTY CASES", id="a shouted title"),
        pytest.param("On water: The role of ice", "On water: The role of ice", id="a sentence begins twice"),
        pytest.param("Plain words only", "Plain words only", id="nothing to protect"),
        pytest.param("X-ray and T cell studies", "X-ray and {T} cell studies", id="single letters"),
        pytest.param("Vitamin A deficiency", "Vitamin {A} deficiency", id="a letter that is no article"),
        pytest.param(r"$\Gamma$ rays", r"{$\Gamma$} rays", id="a formula"),
        pytest.param("The <i>Planck</i> results", r"The \emph{Planck} results", id="a command protects by itself"),
        pytest.param("The {LaTeX} companion", "The {LaTeX} companion", id="protected already"),
        pytest.param("Über die seltsame Zelle", "Über die seltsame {Zelle}", id="German nouns in a sentence"),
        pytest.param("R&amp;D in H<sub>2</sub>O", r"R\&{D} in {H}\textsubscript{2}{O}", id="beside commands"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_capitals_are_protected_only_where_the_casing_is_not_the_sentences(title: str, latex: str) -> None:
    assert title_to_latex(title) == latex
