"""No value from outside can end its field, open another, hide anything, or change when it is made safe twice."""

import re

import pytest
from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Entry as ParsedEntry
from hypothesis import example, given
from hypothesis import strategies as st

from apps.scholar_app.enrichment.document import Document, Value, safe_value

from .documents import HOSTILE, adding

ANY_TEXT = st.text(max_size=200)
#: Text rich in what delimits.
BIBTEX_TEXT = st.text(alphabet=st.sampled_from(list('{}\\"@,=#%()\n\r\t ab1é\u202e\x00')), max_size=60)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('A {T}itle with {\\"u} and $x^{2}$', 'A {T}itle with {\\"u} and $x^{2}$'),
        ("50\\% of {it}", "50\\% of {it}"),
        ("$\\{1, 2\\}$", "$\\{1, 2\\}$"),
        ("\\{a {b} c\\}", "\\{a {b} c\\}"),
        ("a } b", "a \\rbrace{} b"),
        ("a { b", "a \\lbrace{} b"),
        ("} a {", "\\rbrace{} a \\lbrace{}"),
        ("{\\'e} and }", "{\\'e} and \\rbrace{}"),
        ("a \\} b", "a \\rbrace{} b"),
        ("{a \\} b", "\\lbrace{}a \\rbrace{} b"),
        ("{a\\\\}", "{a\\\\ }"),
        ("{a\\\\\\}", "\\lbrace{}a\\\\\\rbrace{}"),
        ("a \\", "a"),
        ("a \\\\ \\", "a"),
        ("\\", ""),
        ("{a \\}\\", "\\lbrace{}a \\rbrace{}"),
        (" two\n lines\r\n\tand\x0bmore ", "two lines and more"),
        ("a\u00a0b\u2009c\u2028d", "a b c d"),
        ("a\x00b\x1b[2Jc\x7f", "a b [2Jc"),
        ("\u202eevil\u2066 \ufeffx\u200by\u00adz", "evil xyz"),
        ("\ud800a\udfff", "a"),
        ("\ufffe\uffff\ufdd0a", "a"),
        ("می\u200cخواهم 👩\u200d🔬", "می\u200cخواهم 👩\u200d🔬"),
        ("中文 é \U00020000", "中文 é \U00020000"),
        ("", ""),
        (" ", ""),
    ],
)
def test_value_becomes_one_harmless_line(value, expected):
    assert safe_value(value) == expected


@given(ANY_TEXT | BIBTEX_TEXT)
@example("{\\}")
@example("\\{}")
@example("\\\\}{")
def test_safe_value_is_one_visible_line_that_no_reader_can_leave(value):
    safe = safe_value(value)
    assert safe == safe_value(safe)
    assert safe == " ".join(safe.split())
    assert not safe.endswith("\\")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", safe)
    assert _is_balanced(safe.replace("\\", ""))
    assert _is_balanced(re.sub(r"\\[{}]", "", safe))


@given(st.lists(ANY_TEXT | BIBTEX_TEXT, min_size=1, max_size=4), st.sampled_from(["{A}", '"A"', "1"]))
def test_bibtexparser_reads_back_just_the_values_that_were_added(values, first):
    names = [f"x{number}" for number in range(len(values))]
    source = f"@misc{{a,\n  title = {first}\n}}\n@misc{{b, title = {{B}}}}\n"
    change = adding(*zip(names, values, strict=True))
    output = Document.read(source.encode()).prove_and_render({0: change}).decode()
    one, other = parse_string(output, parse_stack=[]).blocks
    assert isinstance(one, ParsedEntry)
    assert isinstance(other, ParsedEntry)
    written = {field.key: field.value for field in one.fields[1:]}
    expected = {name: safe_value(value) for name, value in zip(names, values, strict=True)}
    assert {name: _undelimited(raw) for name, raw in written.items()} == expected


@pytest.mark.parametrize("part", ["\\", "\\{", "{", "}", "}{", "\\ ", "\x00", "\u202e", " "])
def test_long_runs_of_one_thing_take_time_in_proportion(part):
    safe = safe_value(part * 200_000 + "x")
    assert safe.endswith("x")
    assert safe_value(part * 200_000) == safe_value(safe_value(part * 200_000))


def test_hostile_values_stay_inside_their_fields():
    source = b"@misc{a,\n  title = {A}\n}\n@misc{b, title = {B}}\n"
    output = Document.read(source).prove_and_render({0: adding(*HOSTILE)})
    one, other = Document.read(output).entries
    assert list(one.fields) == ["title", *(name for name, _ in HOSTILE)]
    assert {name: one.fields[name] for name, _ in HOSTILE} == {name: safe_value(value) for name, value in HOSTILE}
    assert (other.key, dict(other.fields)) == ("b", {"title": "B"})


@pytest.mark.parametrize("name", ["mar", "jcp", "x-1", "x_1", "2020", "007"])
def test_macro_or_number_stands_bare(name):
    assert (str(Value.macro(name)), Value.macro(name).bare) == (name, True)


@pytest.mark.parametrize("name", ["", "two words", "mar}", "mar # x", "1a", "-1", "\n", "mar\n", "é", '"'])
def test_nothing_else_stands_bare(name):
    with pytest.raises(ValueError, match="neither a macro nor a number"):
        Value.macro(name)


def test_value_is_safe_however_it_is_made():
    assert Value("a } b").content == Value.text("a } b").content == "a \\rbrace{} b"
    assert Value.text("a") == Value("a")
    assert Value.text("mar") != Value.macro("mar")


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


def _undelimited(raw: str) -> str:
    return raw if raw.isdigit() else raw[1:-1]
