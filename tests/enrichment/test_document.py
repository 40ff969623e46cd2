"""The promise of the document: the file comes back intact, with the new fields and nothing else."""

from apps.scholar_app.enrichment.document import Document, EntryChange, Value

FILE = b"@article{a,\n  title = {A},\n  year = 2020,\n}\n"


def test_file_with_nothing_to_add_comes_back_byte_for_byte():
    assert Document.read(FILE).prove_and_render({}) == FILE


def test_new_field_stands_behind_the_last_one_in_the_style_of_the_entry():
    change = EntryChange(add=(("doi", Value.text("10.1/x")), ("month", Value.macro("mar"))))
    assert Document.read(FILE).prove_and_render({0: change}) == (
        b"@article{a,\n  title = {A},\n  year = 2020,\n  doi = {10.1/x},\n  month = mar,\n}\n"
    )
