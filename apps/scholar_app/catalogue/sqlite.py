"""The catalogue in one SQLite file: WAL, so that readers never wait, and FTS5 for the words of titles."""

import fcntl
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from . import indexing
from .indexing import IndexedRecord, title_words
from .store import PATIENCE, Catalogue, CatalogueError, Change, Heading, Position, Row, chunks

#: Of the tables below; together with ``indexing.VERSION`` it is the file's ``user_version``.
_SCHEMA_VERSION = 1
_VERSION = _SCHEMA_VERSION * 1000 + indexing.VERSION
_SCHEMA = f"""
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA user_version = {_VERSION};
CREATE TABLE works (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    identity TEXT NOT NULL,
    retrieved TEXT NOT NULL,
    title TEXT NOT NULL,
    record TEXT NOT NULL
);
-- Every way to a work, identifiers included; without a rowid the table is its own index.
CREATE TABLE keys (key INTEGER NOT NULL, work INTEGER NOT NULL, PRIMARY KEY (key, work)) WITHOUT ROWID;
-- Titles are in normal form already: words of letters and digits, one space between them.
CREATE VIRTUAL TABLE titles USING fts5(
    title, content='works', content_rowid='id', detail=none, columnsize=0, tokenize='ascii'
);
-- In how many titles a word stands, to search by the rarest.
CREATE TABLE words (word TEXT PRIMARY KEY, works INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE loads (
    file TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    part INTEGER NOT NULL,
    items INTEGER NOT NULL,
    done INTEGER NOT NULL
) WITHOUT ROWID;
"""
_POLL_SECONDS = 0.002
#: Selects in one statement: SQLite compiles 500 at most, and a handful is what a search needs.
_SELECTS = 16
#: As many bytes of the file as SQLite can read in place.
_MAPPED_BYTES = 0x7FFF0000
#: Pages of the word index that one step of ``tidy`` may write: some milliseconds.
_TIDY_PAGES = 500


class SqliteCatalogue(Catalogue):
    """The catalogue in the file ``path``, which is made, empty, when there is none.

    ``cache_kilobytes`` bounds the memory a connection keeps; a loader profits from more than a reader. ``mapped``, for
    who asks much, reads the system's own copy of the file in place. ``patience`` is how many seconds a writer waits for
    its turn.
    """

    def __init__(
        self, path: Path, *, cache_kilobytes: int = 64_000, mapped: bool = False, patience: float = PATIENCE
    ) -> None:
        self._path = path
        self._patience = patience
        with _Errors(path):
            _create(path, patience)
            self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None, cached_statements=512)
            self._connection.execute(f"PRAGMA cache_size = -{cache_kilobytes}")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(f"PRAGMA mmap_size = {_mappable() if mapped else 0}")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            self.close()
            raise CatalogueError(f"{path} was made by another version of this program; move it away and load anew")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def count(self) -> int:
        """How many rows there are; rows are never removed, so this is the last id."""
        with _Errors(self._path):
            return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM works").fetchone()[0])

    def ids_of(self, keys: Sequence[int], *, limit: int | None = None) -> Mapping[int, Sequence[int]]:
        """As promised by :class:`Catalogue`."""
        found: dict[int, list[int]] = {}
        most = -1 if limit is None else int(limit)
        one = f"SELECT * FROM (SELECT key, work FROM keys WHERE key = ? LIMIT {most})"  # noqa: S608 (a number)
        with _Errors(self._path):
            for some in chunks(keys, _SELECTS):
                query = " UNION ALL ".join([one] * len(some))
                for key, work in self._connection.execute(query, some):
                    found.setdefault(key, []).append(work)
        return found

    def rows(self, ids: Iterable[int]) -> Sequence[Row]:
        """As promised by :class:`Catalogue`."""
        return [
            Row._make(row)
            for row in self._select("id, origin, identity, retrieved, title, record FROM works WHERE id", sorted(ids))
        ]

    def headings(self, ids: Iterable[int]) -> Mapping[int, Heading]:
        """As promised by :class:`Catalogue`."""
        found = self._select("id, identity, title FROM works WHERE id", list(ids))
        return {id_: Heading(identity, title) for id_, identity, title in found}

    def frequencies(self, words: Sequence[str]) -> Mapping[str, int]:
        """As promised by :class:`Catalogue`."""
        return {word: works for word, works in self._select("word, works FROM words WHERE word", words) if works > 0}

    def _select(self, what: str, values: Sequence[object]) -> Iterator[Any]:
        """``what`` for these values, of which there may be any number."""
        with _Errors(self._path):
            for some in chunks(values):
                marks = ", ".join("?" * len(some))
                yield from self._connection.execute(f"SELECT {what} IN ({marks})", some)

    def ids_with_words(self, words: Sequence[str], *, at_least: int, limit: int) -> Sequence[int]:
        """As promised by :class:`Catalogue`."""
        if not 0 < at_least <= len(words):
            return []
        match = _holding([f'"{word}"' for word in words], at_least)
        with _Errors(self._path):
            found = self._connection.execute("SELECT rowid FROM titles WHERE titles MATCH ? LIMIT ?", (match, limit))
            return [rowid for (rowid,) in found]

    def position(self, file: str) -> Position | None:
        """As promised by :class:`Catalogue`."""
        query = "SELECT fingerprint, part, items, done FROM loads WHERE file = ?"
        with _Errors(self._path):
            row = self._connection.execute(query, (file,)).fetchone()
        return Position(row[0], row[1], row[2], done=bool(row[3])) if row else None

    def tidy(self, look_out: Callable[[], object] = lambda: None) -> None:
        """Merge the parts of the word index, a few milliseconds' worth at a time; then fold the WAL into the file."""
        changed, before = 2, 0
        # FTS5: a step that had nothing to do changes fewer than two rows.
        while changed - before >= 2:
            look_out()
            with self._writing():
                before = self._connection.total_changes
                self._connection.execute("INSERT INTO titles (titles, rank) VALUES ('merge', ?)", (_TIDY_PAGES,))
                changed = self._connection.total_changes
        with _Errors(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _Errors(self._path), _turn(self._path, self._patience), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _insert(self, records: Sequence[IndexedRecord]) -> None:
        numbered = list(enumerate(records, self.count() + 1))
        execute = self._connection.executemany
        execute(
            "INSERT INTO works VALUES (?, ?, ?, ?, ?, ?)",
            ((id_, r.origin, r.identity, r.retrieved, r.title, r.text) for id_, r in numbered),
        )
        self._add_keys((key, id_) for id_, record in numbered for key in record.keys)
        execute("INSERT INTO titles (rowid, title) VALUES (?, ?)", ((id_, record.title) for id_, record in numbered))
        self._count_words(Counter(word for record in records for word in title_words(record.title)))

    def _replace(self, changes: Sequence[Change]) -> None:
        execute = self._connection.executemany
        execute("DELETE FROM keys WHERE key = ? AND work = ?", ((key, c.row.id) for c in changes for key in c.gone))
        self._add_keys((key, change.row.id) for change in changes for key in change.new)
        self._replace_titles([change for change in changes if change.row.title != change.record.title])
        execute(
            "UPDATE works SET retrieved = ?, title = ?, record = ? WHERE id = ?",
            ((c.record.retrieved, c.record.title, c.record.text, c.row.id) for c in changes),
        )

    def _replace_titles(self, changes: Sequence[Change]) -> None:
        execute, counts = self._connection.executemany, Counter[str]()
        for change in changes:
            counts.update(title_words(change.record.title))
            counts.subtract(title_words(change.row.title))
        # FTS5 takes the old text with the deletion, or its index would keep the old words.
        execute(
            "INSERT INTO titles (titles, rowid, title) VALUES ('delete', ?, ?)",
            ((change.row.id, change.row.title) for change in changes),
        )
        execute("INSERT INTO titles (rowid, title) VALUES (?, ?)", ((c.row.id, c.record.title) for c in changes))
        self._count_words(counts)

    def _add_keys(self, keys: Iterable[tuple[int, int]]) -> None:
        # Sorted: neighbours share a page, so a batch touches each page once.
        self._connection.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", sorted(keys))

    def _count_words(self, counts: Counter[str]) -> None:
        self._connection.executemany(
            "INSERT INTO words VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET works = works + excluded.works",
            sorted(counts.items()),
        )

    def _note(self, file: str, position: Position) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO loads VALUES (?, ?, ?, ?, ?)",
            (file, position.fingerprint, position.part, position.items, position.done),
        )


def _holding(words: Sequence[str], at_least: int) -> str:
    """The FTS5 expression for so many of the words.

    Made of what either half of them has, it goes through each word's list half as often as all combinations would.
    """
    if at_least in (1, len(words)):
        return "(" + (" OR " if at_least == 1 else " AND ").join(words) + ")"
    left, right = words[: len(words) // 2], words[len(words) // 2 :]
    shares = range(min(len(left), at_least), max(0, at_least - len(right)) - 1, -1)
    return "(" + " OR ".join(_holding_both(left, share, right, at_least - share) for share in shares) + ")"


def _holding_both(left: Sequence[str], of_left: int, right: Sequence[str], of_right: int) -> str:
    terms = [_holding(words, number) for words, number in ((left, of_left), (right, of_right)) if number]
    return "(" + " AND ".join(terms) + ")"


def _mappable() -> int:
    """Nothing where this process may have only so much memory, as a job's: what is mapped would count."""
    return _MAPPED_BYTES if resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY else 0


def _create(path: Path, patience: float) -> None:
    """Make the file where there is none; it appears complete, and of several processes one makes it."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with _turn(path, patience), tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        if path.exists():
            return
        draft = Path(folder) / path.name
        with closing(sqlite3.connect(draft)) as connection:
            connection.executescript(_SCHEMA)
        draft.rename(path)


@contextmanager
def _turn(path: Path, patience: float) -> Iterator[None]:
    """The right to write. SQLite's own wait for it asks ten times a second, too seldom to find a busy loader's gaps."""
    end = time.monotonic() + patience
    with Path(f"{path}.lock").open("ab") as lock:
        while not _locked(lock.fileno()):
            if time.monotonic() > end:
                raise CatalogueError(f"{path}: another process has been writing for {patience:.0f} seconds")
            time.sleep(_POLL_SECONDS)
        yield


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Errors(AbstractContextManager[None]):
    """Says :class:`CatalogueError` for what SQLite and the file system say."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, sqlite3.Error | OSError):
            raise CatalogueError(f"{self._path}: {error}") from error
