"""Every word of every page can be translated: none stands in a template outside of the tags for that."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "apps" / "scholar_app" / "templates"
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.*"))
TRANSLATED = re.compile(r"{%\s*blocktranslate\b.*?%}.*?{%\s*endblocktranslate\s*%}|{%\s*translate\b.*?%}", re.DOTALL)
CODE = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|<(style|script|code|pre)\b[^>]*>.*?</\1>|<!--.*?-->", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
SAID = re.compile(r"""\b(?:aria-label|title|placeholder|alt|data-(?:looking|failed|noted|shown))\s*=\s*"([^"]*)\"""")
#: Names, units and what only programs read.
NAMES = re.compile(r"&\w+;|\b(?:SciTeX Scholar|SciTeX|Scholar|UTC|BibTeX|CSV|JSON|DOI|PDF|API|DOCTYPE html|h|s)\b")


def untranslated(text: str) -> list[str]:
    """The words outside of what is translated, in the text and in what attributes say."""
    bare = CODE.sub("", TRANSLATED.sub("", text))
    said = [*SAID.findall(bare), *TAG.sub("\n", bare).splitlines()]
    return [word for part in said for word in re.findall(r"[^\W\d_]+", NAMES.sub("", part))]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_of_a_template_can_be_translated(name: str) -> None:
    assert untranslated((ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p aria-label="Hello">{{ x }}</p>', ["Hello"]),
        ("<p>{% translate 'Hello' %} {% blocktranslate trimmed %}a {{ b }}{% endblocktranslate %}</p>", []),
        ('<p class="hello">{{ count }}, 5 %</p>{# a word #}', []),
    ],
)
def test_a_word_that_is_not_translated_is_seen(text: str, words: list[str]) -> None:
    assert untranslated(text) == words
