"""What a raw value says: delimiters off, pieces joined, ``@string`` and month macros expanded, within limits."""

from bisect import bisect_right
from typing import Final

from .encoding import without_stray_bytes
from .pieces import pieces

#: Characters of one expanded macro, and what macros may add to one value: forty definitions of which each doubles the
#: one before are a billion characters otherwise.
MAX_EXPANSION: Final = 2_000

#: Defined by BibTeX's standard styles (plain.bst).
_STANDARD: Final = {
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "may": "May", "jun": "June", "jul": "July",
    "aug": "August", "sep": "September", "oct": "October", "nov": "November", "dec": "December",
    "acmcs": "ACM Computing Surveys", "acta": "Acta Informatica", "cacm": "Communications of the ACM",
    "ibmjrd": "IBM Journal of Research and Development", "ibmsj": "IBM Systems Journal",
    "ieeese": "IEEE Transactions on Software Engineering", "ieeetc": "IEEE Transactions on Computers",
    "ieeetcad": "IEEE Transactions on Computer-Aided Design of Integrated Circuits",
    "ipl": "Information Processing Letters", "jacm": "Journal of the ACM",
    "jcss": "Journal of Computer and System Sciences", "scp": "Science of Computer Programming",
    "sicomp": "SIAM Journal on Computing", "tocs": "ACM Transactions on Computer Systems",
    "tods": "ACM Transactions on Database Systems", "tog": "ACM Transactions on Graphics",
    "toms": "ACM Transactions on Mathematical Software", "toois": "ACM Transactions on Office Information Systems",
    "toplas": "ACM Transactions on Programming Languages and Systems", "tcs": "Theoretical Computer Science",
}  # fmt: skip


class Macros:
    """The ``@string`` definitions of a file: the last one before a place holds there, as in BibTeX.

    A definition is expanded when it is made, from those before it. So nothing can refer to itself, and the work is
    linear in the size of the file.
    """

    def __init__(self) -> None:
        self._places: dict[str, list[int]] = {}
        self._texts: dict[str, list[str]] = {}

    def define(self, name: str, raw: str, *, at: int) -> None:
        """Add a definition; places must not fall."""
        text = self._joined(raw, at=at, literals_free=False)
        self._places.setdefault(name.lower(), []).append(at)
        self._texts.setdefault(name.lower(), []).append(text)

    def text(self, raw: str, *, at: int) -> str:
        """The raw value at a place of the file as text with single blanks; LaTeX stays in.

        A macro that is not defined stands for its own name. Macros add at most ``MAX_EXPANSION`` characters.
        """
        if raw[:1] == "{" and raw.find("}") == len(raw) - 1:
            joined = raw[1:-1]  # by far the most common
        else:
            joined = self._joined(raw, at=at, literals_free=True)
        return without_stray_bytes(" ".join(joined.split()))

    def _joined(self, raw: str, *, at: int, literals_free: bool) -> str:
        parts, left = [], MAX_EXPANSION
        for is_macro, piece in pieces(raw):
            part = self._expanded(piece, at=at) if is_macro else piece
            if is_macro or not literals_free:
                part = part[:left]
                left -= len(part)
            parts.append(part)
        return "".join(parts)

    def _expanded(self, name: str, *, at: int) -> str:
        places = self._places.get(name.lower())
        if places is None:
            return _STANDARD.get(name.lower(), name)
        return self._texts[name.lower()][max(bisect_right(places, at) - 1, 0)]
