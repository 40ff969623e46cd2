"""The catalogue in PostgreSQL, for sites of several machines: the same tables, with a GIN index for the words."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from . import indexing
from .indexing import IndexedRecord, title_words
from .store import PATIENCE, Catalogue, CatalogueError, Change, Heading, Position, Row

#: Of the tables below; together with ``indexing.VERSION`` it is what ``catalogue_version`` holds.
_SCHEMA_VERSION = 1
_VERSION = _SCHEMA_VERSION * 1000 + indexing.VERSION
_SCHEMA: LiteralString = """
CREATE TABLE IF NOT EXISTS catalogue_version (version integer NOT NULL);
CREATE TABLE IF NOT EXISTS catalogue_works (
    id bigint PRIMARY KEY,
    origin text NOT NULL,
    identity text NOT NULL,
    retrieved text NOT NULL,
    title text NOT NULL,
    words text[] NOT NULL,
    record text NOT NULL
);
CREATE INDEX IF NOT EXISTS catalogue_works_words ON catalogue_works USING gin (words);
CREATE TABLE IF NOT EXISTS catalogue_keys (key bigint NOT NULL, work bigint NOT NULL, PRIMARY KEY (key, work));
CREATE TABLE IF NOT EXISTS catalogue_words (word text PRIMARY KEY, works bigint NOT NULL);
CREATE TABLE IF NOT EXISTS catalogue_loads (
    file text PRIMARY KEY,
    fingerprint text NOT NULL,
    part bigint NOT NULL,
    items bigint NOT NULL,
    done boolean NOT NULL
);
"""
#: Of the advisory lock that lets one writer in at a time; any number that nobody else uses.
_WRITER_LOCK = 0x5C17E8


class PostgresCatalogue(Catalogue):
    """The catalogue in tables ``catalogue_*`` of the database that ``parameters`` (libpq's names) lead to.

    ``patience`` is how many seconds a writer waits for its turn.
    """

    def __init__(self, parameters: Mapping[str, Any], *, patience: float = PATIENCE) -> None:
        with _errors():
            self._connection = psycopg.connect(**parameters, autocommit=True)
            # Every statement here has its index; without statistics, just after a load, the planner might not see it.
            self._connection.execute("SET enable_seqscan = off")
            self._connection.execute(sql.SQL("SET lock_timeout = {}").format(int(patience * 1000)))
            version = self._version()
        if version != _VERSION:
            self.close()
            raise CatalogueError("the catalogue was made by another version of this program; drop it and load anew")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def count(self) -> int:
        """How many rows there are; rows are never removed, so this is the last id."""
        with _errors():
            row = self._connection.execute("SELECT coalesce(max(id), 0) FROM catalogue_works").fetchone()
        return int(row[0]) if row else 0

    def ids_of(self, keys: Sequence[int], *, limit: int | None = None) -> Mapping[int, Sequence[int]]:
        """As promised by :class:`Catalogue`."""
        query: LiteralString = """
            SELECT key, array_agg(work ORDER BY work) FROM unnest(%s::bigint[]) AS key CROSS JOIN LATERAL
            (SELECT work FROM catalogue_keys k WHERE k.key = key.key ORDER BY work LIMIT %s::bigint) found GROUP BY key
        """
        with _errors():
            return dict(self._connection.execute(query, (list(keys), limit)).fetchall())

    def rows(self, ids: Iterable[int]) -> Sequence[Row]:
        """As promised by :class:`Catalogue`."""
        query: LiteralString = """
            SELECT id, origin, identity, retrieved, title, record FROM catalogue_works WHERE id = ANY(%s) ORDER BY id
        """
        with _errors():
            return [Row._make(row) for row in self._connection.execute(query, (list(ids),))]

    def headings(self, ids: Iterable[int]) -> Mapping[int, Heading]:
        """As promised by :class:`Catalogue`."""
        query: LiteralString = "SELECT id, identity, title FROM catalogue_works WHERE id = ANY(%s)"
        with _errors():
            return {
                id_: Heading(identity, title) for id_, identity, title in self._connection.execute(query, (list(ids),))
            }

    def frequencies(self, words: Sequence[str]) -> Mapping[str, int]:
        """As promised by :class:`Catalogue`."""
        query: LiteralString = "SELECT word, works FROM catalogue_words WHERE word = ANY(%s) AND works > 0"
        with _errors():
            return dict(self._connection.execute(query, (list(words),)).fetchall())

    def ids_with_words(self, words: Sequence[str], *, at_least: int, limit: int) -> Sequence[int]:
        """As promised by :class:`Catalogue`."""
        asked = [list(group) for group in combinations(words, at_least) if group]
        if not asked:
            return []
        condition = sql.SQL(" OR ").join([sql.SQL("words @> %s::text[]")] * len(asked))
        query = sql.SQL("SELECT id FROM catalogue_works WHERE {} LIMIT %s").format(condition)
        with _errors():
            return [id_ for (id_,) in self._connection.execute(query, (*asked, limit))]

    def position(self, file: str) -> Position | None:
        """As promised by :class:`Catalogue`."""
        query: LiteralString = "SELECT fingerprint, part, items, done FROM catalogue_loads WHERE file = %s"
        with _errors():
            row = self._connection.execute(query, (file,)).fetchone()
        return Position(row[0], row[1], row[2], done=row[3]) if row else None

    def tidy(self, look_out: Callable[[], object] = lambda: None) -> None:
        """Let the planner know how many rows there are now."""
        look_out()
        with _errors():
            self._connection.execute("ANALYZE catalogue_works")
            self._connection.execute("ANALYZE catalogue_keys")

    def _version(self) -> int:
        """The version of the tables, which are made where there are none; of several processes one makes them."""
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITER_LOCK,))
            exists = self._connection.execute("SELECT to_regclass('catalogue_version')").fetchone()
            if exists is None or exists[0] is None:
                self._connection.execute(_SCHEMA)
                self._connection.execute("INSERT INTO catalogue_version VALUES (%s)", (_VERSION,))
            row = self._connection.execute("SELECT version FROM catalogue_version").fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def _writing(self) -> Iterator[None]:
        # One writer at a time, in the order of asking: two that touch the same words otherwise lock each other out.
        with _errors(), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITER_LOCK,))
            yield

    def _insert(self, records: Sequence[IndexedRecord]) -> None:
        numbered = list(enumerate(records, self.count() + 1))
        self._copy(
            "COPY catalogue_works (id, origin, identity, retrieved, title, words, record) FROM STDIN",
            ((id_, record.origin, record.identity, *_values(record)) for id_, record in numbered),
        )
        keys = sorted((key, id_) for id_, record in numbered for key in record.keys)
        self._copy("COPY catalogue_keys (key, work) FROM STDIN", keys)
        self._count_words(Counter(word for record in records for word in title_words(record.title)))

    def _copy(self, statement: LiteralString, rows: Iterable[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def _replace(self, changes: Sequence[Change]) -> None:
        gone = [(key, change.row.id) for change in changes for key in change.gone]
        new = [(key, change.row.id) for change in changes for key in change.new]
        counts = Counter[str]()
        for change in changes:
            counts.update(title_words(change.record.title))
            counts.subtract(title_words(change.row.title))
        with self._connection.cursor() as cursor:
            cursor.executemany("DELETE FROM catalogue_keys WHERE key = %s AND work = %s", gone)
            cursor.executemany("INSERT INTO catalogue_keys VALUES (%s, %s) ON CONFLICT DO NOTHING", new)
            cursor.executemany(
                "UPDATE catalogue_works SET retrieved = %s, title = %s, words = %s, record = %s WHERE id = %s",
                [(*_values(change.record), change.row.id) for change in changes],
            )
        self._count_words(counts)

    def _count_words(self, counts: Counter[str]) -> None:
        words = [word for word in sorted(counts) if counts[word]]
        statement: LiteralString = """
            INSERT INTO catalogue_words AS known SELECT * FROM unnest(%s::text[], %s::bigint[])
            ON CONFLICT (word) DO UPDATE SET works = known.works + excluded.works
        """
        self._connection.execute(statement, (words, [counts[word] for word in words]))

    def _note(self, file: str, position: Position) -> None:
        statement: LiteralString = """
            INSERT INTO catalogue_loads VALUES (%s, %s, %s, %s, %s) ON CONFLICT (file) DO UPDATE SET
            fingerprint = excluded.fingerprint, part = excluded.part, items = excluded.items, done = excluded.done
        """
        values = (file, position.fingerprint, position.part, position.items, position.done)
        self._connection.execute(statement, values)


def _values(record: IndexedRecord) -> tuple[str, str, list[str], str]:
    return record.retrieved, record.title, list(title_words(record.title)), record.text


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise CatalogueError(f"PostgreSQL: {error}") from error
