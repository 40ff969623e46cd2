"""What commands say on a terminal: one line for an error, and nothing that could move the cursor."""

from django.db import Error as DatabaseError
from django.db import ProgrammingError


def printable(text: str) -> str:
    """``text`` with everything that could move the cursor or hide itself written as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def first_line(error: Exception) -> str:
    """What went wrong, on one line."""
    return printable(next(iter(str(error).splitlines()), "") or type(error).__name__)


def file_trouble(error: OSError) -> str:
    """``out.bib: No space left on device``, or what went wrong alone where no file is named."""
    said = error.strerror or first_line(error)
    return f"{printable(str(error.filename))}: {said}" if error.filename else said


def database_trouble(error: DatabaseError) -> str:
    """What went wrong, and what to do where the tables are missing."""
    said = first_line(error)
    # PostgreSQL tells a missing table from a database that is away; SQLite only in its words.
    is_bare = isinstance(error, ProgrammingError) or said.startswith("no such ")
    return f"{said}; the database is not set up yet: run manage.py migrate" if is_bare else said
