"""New fields look as if the author of the entry had written them. Expected files are written out in full."""

import pytest

from apps.scholar_app.enrichment.document import Document, EntryChange, Value

from .documents import added

CHANGE = EntryChange(
    add=(("doi", Value.text("10.1/x")), ("month", Value.macro("mar")), ("citation_count", Value.text("12")))
)

CASES = {
    "comma behind the last field": (
        "@article{a,\n  title = {A},\n  year = {2020},\n}\n",
        "@article{a,\n  title = {A},\n  year = {2020},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12},\n}\n",
    ),
    "no comma behind the last field": (
        "@article{a,\n  title = {A},\n  year = {2020}\n}\n",
        "@article{a,\n  title = {A},\n  year = {2020},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}\n",
    ),
    "tabs, and the brace behind the last value": (
        "@article{a,\n\ttitle\t= {A},\n\tyear\t= {2020}}\n",
        "@article{a,\n\ttitle\t= {A},\n\tyear\t= {2020},\n"
        "\tdoi\t= {10.1/x},\n\tmonth\t= mar,\n\tcitation_count\t= {12}}\n",
    ),
    "one line": (
        "@article{a, title = {A}, year = {2020}}",
        "@article{a, title = {A}, year = {2020}, doi = {10.1/x}, month = mar, citation_count = {12}}",
    ),
    "one line without blanks": (
        "@article{a,title={A},year={2020}}",
        "@article{a,title={A},year={2020},doi={10.1/x},month=mar,citation_count={12}}",
    ),
    "one line with blanks everywhere": (
        "@article { a , title = {A} , year = {2020} }",
        "@article { a , title = {A} , year = {2020} , doi = {10.1/x} , month = mar , citation_count = {12} }",
    ),
    "commas in front": (
        "@article{a\n  , title = {A}\n  , year = {2020}\n  }\n",
        "@article{a\n  , title = {A}\n  , year = {2020}\n"
        "  , doi = {10.1/x}\n  , month = mar\n  , citation_count = {12}\n  }\n",
    ),
    "capitals": (
        "@ARTICLE{a,\n  TITLE = {A},\n  YEAR = {2020}\n}",
        "@ARTICLE{a,\n  TITLE = {A},\n  YEAR = {2020},\n  DOI = {10.1/x},\n  MONTH = mar,\n  CITATION_COUNT = {12}\n}",
    ),
    "first letters capital": (
        "@Article{a,\n  Title = {A},\n  Year = {2020}\n}",
        "@Article{a,\n  Title = {A},\n  Year = {2020},\n  Doi = {10.1/x},\n  Month = mar,\n  Citation_count = {12}\n}",
    ),
    "abbreviations do not make a name written in capitals": (
        "@article{a,\n  title = {A},\n  ISSN = {1},\n  URL = {u}\n}",
        "@article{a,\n  title = {A},\n  ISSN = {1},\n  URL = {u},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}",
    ),
    "the rest of the file spells DOI in capitals": (
        "@article{a,\n  title = {A}\n}\n@article{b,\n  title = {B},\n  DOI = {10.2/y}\n}\n",
        "@article{a,\n  title = {A},\n  DOI = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}\n"
        "@article{b,\n  title = {B},\n  DOI = {10.2/y}\n}\n",
    ),
    "equals signs aligned": (
        "@article{a,\n  author    = {B},\n  title     = {A},\n  publisher = {C},\n}\n",
        "@article{a,\n  author    = {B},\n  title     = {A},\n  publisher = {C},\n"
        "  doi       = {10.1/x},\n  month     = mar,\n  citation_count = {12},\n}\n",
    ),
    "equals signs aligned but for one long name": (
        "@article{a,\n  author = {B},\n  title  = {A},\n  year   = {1},\n  archiveprefix = {C},\n}\n",
        "@article{a,\n  author = {B},\n  title  = {A},\n  year   = {1},\n  archiveprefix = {C},\n"
        "  doi    = {10.1/x},\n  month  = mar,\n  citation_count = {12},\n}\n",
    ),
    "values aligned": (
        "@article{a,\n  author =    {B},\n  title =     {A},\n  publisher = {C}\n}\n",
        "@article{a,\n  author =    {B},\n  title =     {A},\n  publisher = {C},\n"
        "  doi =       {10.1/x},\n  month =     mar,\n  citation_count = {12}\n}\n",
    ),
    "values aligned, no blank before the sign": (
        "@article{a,\n  author=    {B},\n  title=     {A},\n  publisher= {C}\n}\n",
        "@article{a,\n  author=    {B},\n  title=     {A},\n  publisher= {C},\n"
        "  doi=       {10.1/x},\n  month=     mar,\n  citation_count= {12}\n}\n",
    ),
    "names flush right": (
        "@article{a,\n    author = {B},\n     title = {A},\n publisher = {C}\n}\n",
        "@article{a,\n    author = {B},\n     title = {A},\n publisher = {C},\n"
        "       doi = {10.1/x},\n     month = mar,\ncitation_count = {12}\n}\n",
    ),
    "quotation marks": (
        '@article{a,\n  title = "A",\n  author = "B"\n}\n',
        '@article{a,\n  title = "A",\n  author = "B",\n  doi = "10.1/x",\n  month = mar,\n  citation_count = "12"\n}\n',
    ),
    "more braces than quotation marks": (
        '@article{a,\n  title = "A",\n  author = {B},\n  note = {C}\n}\n',
        '@article{a,\n  title = "A",\n  author = {B},\n  note = {C},\n'
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}\n",
    ),
    "bare numbers": (
        "@article{a,\n  title = {A},\n  year = 2020,\n  volume = 3\n}\n",
        "@article{a,\n  title = {A},\n  year = 2020,\n  volume = 3,\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = 12\n}\n",
    ),
    "one bare number among delimited ones": (
        "@article{a,\n  title = {A},\n  year = 2020,\n  volume = {3},\n  number = {4}\n}\n",
        "@article{a,\n  title = {A},\n  year = 2020,\n  volume = {3},\n  number = {4},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}\n",
    ),
    "parentheses": (
        "@article(a,\n  title = {A}\n)\n",
        "@article(a,\n  title = {A},\n  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n)\n",
    ),
    "carriage return and line feed": (
        "@article{a,\r\n  title = {A},\r\n  year = {1}\r\n}\r\n",
        "@article{a,\r\n  title = {A},\r\n  year = {1},\r\n"
        "  doi = {10.1/x},\r\n  month = mar,\r\n  citation_count = {12}\r\n}\r\n",
    ),
    "carriage return alone": (
        "@article{a,\r  title = {A},\r  year = {1}\r}\r",
        "@article{a,\r  title = {A},\r  year = {1},\r  doi = {10.1/x},\r  month = mar,\r  citation_count = {12}\r}\r",
    ),
    "this entry's line ends in a mixed file": (
        "@article{a,\r\n  title = {A},\r\n  year = {1}\r\n}\n@book{b,\n  title = {B}\n}\n\n\n\n",
        "@article{a,\r\n  title = {A},\r\n  year = {1},\r\n  doi = {10.1/x},\r\n  month = mar,\r\n"
        "  citation_count = {12}\r\n}\n@book{b,\n  title = {B}\n}\n\n\n\n",
    ),
    "empty lines between the fields": (
        "@article{a,\n title={A},\n\n year={2020},\n\n volume={3}\n}",
        "@article{a,\n title={A},\n\n year={2020},\n\n volume={3},\n\n"
        " doi={10.1/x},\n\n month=mar,\n\n citation_count={12}\n}",
    ),
    "first field on the line of the key": (
        "@article{a, title={A},\n  author={B},\n  year={2020}}",
        "@article{a, title={A},\n  author={B},\n  year={2020},\n  doi={10.1/x},\n  month=mar,\n  citation_count={12}}",
    ),
    "two fields on one line": (
        "@article{a,\n  author = {B},\n  title = {A}, year = {2020},\n  volume = {3},\n  note = {N}\n}",
        "@article{a,\n  author = {B},\n  title = {A}, year = {2020},\n  volume = {3},\n  note = {N},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}",
    ),
    "blanks around the commas": (
        "@article{a,\n  title = {A} ,\n  year = {1} ,\n}",
        "@article{a,\n  title = {A} ,\n  year = {1} ,\n"
        "  doi = {10.1/x} ,\n  month = mar ,\n  citation_count = {12} ,\n}",
    ),
    "indented entry": (
        "  @article{a,\n    title = {A}\n  }",
        "  @article{a,\n    title = {A},\n    doi = {10.1/x},\n    month = mar,\n    citation_count = {12}\n  }",
    ),
    "value over many lines": (
        "@article{a,\n  title = {A},\n  author = {B and\n            C},\n  abstract = {X}\n}",
        "@article{a,\n  title = {A},\n  author = {B and\n            C},\n  abstract = {X},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}",
    ),
    "joined values": (
        "@article{a,\n  title = {A} # foo,\n  year = jan # {x}\n}",
        "@article{a,\n  title = {A} # foo,\n  year = jan # {x},\n"
        "  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}",
    ),
    "a value that is missing": (
        "@article{a,\n  title = {A},\n  year = ,\n}",
        "@article{a,\n  title = {A},\n  year = ,\n  doi = {10.1/x},\n  month = mar,\n  citation_count = {12},\n}",
    ),
    "no comma behind the key": (
        "@article{a\n  title = {A},\n  year = {2020}\n}",
        "@article{a\n  title = {A},\n  year = {2020},\n  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}",
    ),
    "key alone": (
        "@article{a}\n",
        "@article{a,\n  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}\n",
    ),
    "key and comma": (
        "@article{a,}\r\n",
        "@article{a,\r\n  doi = {10.1/x},\r\n  month = mar,\r\n  citation_count = {12}\r\n}\r\n",
    ),
    "key and closing brace on its own line": (
        "@article{a,\n}\n",
        "@article{a,\n  doi = {10.1/x},\n  month = mar,\n  citation_count = {12}\n}\n",
    ),
    "key alone, in a file of its own style": (
        "@article{a}\n@book{b,\n\tTITLE=\"X\",\n\tAUTHOR=\"Y\",\n}\n",
        "@article{a,\n"
        "\tDOI=\"10.1/x\",\n\tMONTH=mar,\n\tCITATION_COUNT=\"12\"\n}\n@book{b,\n\tTITLE=\"X\",\n\tAUTHOR=\"Y\",\n}\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_new_fields_stand_in_the_style_of_their_entry(source, expected):
    assert Document.read(source.encode()).prove_and_render({0: CHANGE}).decode() == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain", '"plain"'),
        ('a "word"', '{a "word"}'),
        ('{\\"u}', '{{\\"u}}'),
        ("{B}races", '"{B}races"'),
    ],
)
def test_entry_that_uses_quotation_marks_gets_them_where_the_value_has_none(content, expected):
    assert added('@misc{a, title = "A"}', ("note", content)) == f'@misc{{a, title = "A", note = {expected}}}'


@pytest.mark.parametrize(
    ("content", "expected"), [("007", "007"), ("7a", "{7a}"), ("", "{}"), ("٣", "{٣}"), ("-1", "{-1}")]
)
def test_only_digits_stand_bare(content, expected):
    assert added("@misc{a, year = 2020}", ("number", content)) == f"@misc{{a, year = 2020, number = {expected}}}"


def test_a_gap_that_is_a_drawing_is_not_taken_for_a_habit():
    wide = " " * 70
    assert added(f"@misc{{a, title = {{A}},\n{wide}year = {{1}}}}", ("doi", "x")).endswith(" = {1}, doi = {x}}")
