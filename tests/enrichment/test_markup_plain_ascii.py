"""What an encoding cannot hold is written as LaTeX; what LaTeX cannot name is not written at all."""

import pytest

from apps.scholar_app.enrichment.latex import latex_to_text
from apps.scholar_app.enrichment.plain_ascii import fit, latex_of


def latin1(text: str) -> bool:
    return all(ord(char) < 256 for char in text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Müller", "Müller"), ("Łódź", r"{\L}ód{\'z}"), ("Dvořák", r"Dvo{\v{r}}ák"),
        ("α–β", r"\ensuremath{\alpha}--\ensuremath{\beta}"),
        ("“a”", "``a''"), ("x ≥ 3", r"x \ensuremath{\geq} 3"), ("plain", "plain"), ("", ""), ("中", None),
    ],
)  # fmt: skip
def test_only_what_the_encoding_does_not_hold_is_rewritten(text: str, written: str | None) -> None:
    assert fit(text, latin1) == written


@pytest.mark.parametrize("char", list("üéñøåßŁčőğşżÅíïǎæœđα–…°±"))
def test_the_latex_of_a_character_is_ascii_and_reads_back(char: str) -> None:
    latex = latex_of(char)
    assert latex is not None
    assert latex.isascii()
    assert latex.count("{") == latex.count("}")
    assert latex_to_text(latex).replace("-", "–") == char.replace("…", latex_to_text(latex))
