"""Short words for the tests of the document: read, add, and what came out."""

from apps.scholar_app.enrichment.document import Document, Entry, EntryChange, Value

#: Values as an index, or somebody who writes to one, may send them.
HOSTILE = (
    ("x1", "foo } bar"),
    ("x2", "x},\n url = {javascript:alert(1)}}\n\n@article{evil, title = {injected}"),
    ("x3", "line one\n@foo{bar} rest"),
    ("x4", "ends with a backslash \\"),
    ("x5", 'quotes " and {"} and \\"'),
    ("x6", "\x00\x1b[2J\u202eevil\u2066\ufeff\ud800 \u4e2d\u6587 \u00e9\u00e8\u00ea \U0001f4a9"),
    ("x7", "\\} \\{ \\\\} {\\} $\\{1, 2\\}$"),
    ("x8", "% comment, = # @ ( ) ~"),
    ("x9", ""),
)


def text(content: str) -> Value:
    return Value.text(content)


def adding(*fields: tuple[str, str]) -> EntryChange:
    return EntryChange(add=tuple((name, Value.text(content)) for name, content in fields))


def added(source: str, *fields: tuple[str, str], entry: int = 0) -> str:
    """The file after the fields were added to one entry."""
    return Document.read(source.encode()).prove_and_render({entry: adding(*fields)}).decode()


def only_entry(source: str | bytes) -> Entry:
    data = source if isinstance(source, bytes) else source.encode()
    (entry,) = Document.read(data).entries
    return entry


def changed(document: Document) -> dict[int, EntryChange]:
    """The hostile values for each entry that may be written to, and a macro."""
    change = EntryChange(
        add=(*((name, Value.text(content)) for name, content in HOSTILE), ("x10", Value.macro("no_such_macro")))
    )
    return {entry.index: change for entry in document.entries if entry.editable}
