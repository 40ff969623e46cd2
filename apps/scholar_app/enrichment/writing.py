"""Names, page ranges, addresses and the like of a record, in the form BibTeX wants them."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from .markup import markup_to_latex
from .record import Name
from .tex.tags import decode_entities

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_NEEDS_BRACES = re.compile(r",|\band\b|^others$", re.IGNORECASE)
_NOBODY = frozenset({"et al", "et al.", "others", "and others", "…", "..."})
_NO_PAGES = re.compile(r"(?:n/?a|-|–|—|\?|\s)*", re.IGNORECASE)
_DASH = re.compile(r"\s*(?:[–—−‒]|--+)\s*")
_UNSAFE_ADDRESS = re.compile(r"[\s{}\\<>\"^`|\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_OLD_RESOLVER = re.compile(r"^https?://(?:dx\.)?doi\.org/")
_MAX_ADDRESS = 2_000
_MAX_NAMES = 5_000


def names_to_latex(names: Sequence[Name]) -> str:
    """``Last, First and {A Body} and others``; empty where nobody is named, or somebody's name is damaged."""
    written: list[str] = []
    for name in names[:_MAX_NAMES]:
        if name.family.casefold().strip() in _NOBODY:
            return " and ".join([*written, "others"]) if written else ""
        written.append(name_to_latex(name))
    return " and ".join(written) if all(written) else ""


def name_to_latex(name: Name) -> str:
    """One name in BibTeX's comma form, or in braces where it must not be taken apart; empty for a damaged one."""
    family, given, suffix = (_name_part(part) for part in (name.family or name.given, name.given, name.suffix))
    if not family:
        return ""
    if name.literal or not (name.family and given):
        return f"{{{family}}}" if name.literal or " " in family or _NEEDS_BRACES.search(family) else family
    parts = [family, suffix, given] if suffix else [family, given]
    return ", ".join(f"{{{part}}}" if _NEEDS_BRACES.search(part) else part for part in parts)


def _name_part(text: str) -> str:
    bare = text.replace("{", "").replace("}", "")
    return markup_to_latex(bare, styled=False).strip(" ,;")


def pages_to_latex(pages: str) -> str:
    """``12--34`` whatever dash the source uses; an article number as it is; empty for ``n/a-n/a``."""
    text = decode_entities(pages).replace("\u2010", "-").replace("\u2011", "-").strip(" .,;")
    if _NO_PAGES.fullmatch(text):
        return ""
    return ", ".join(filter(None, (_page_range(part.strip()) for part in re.split(r"[,;]", text))))


def _page_range(text: str) -> str:
    parts = _DASH.split(text)
    if len(parts) == 1 and text.count("-") % 2:
        # 12-34, and pages that are numbered with the chapter: 3-12-3-15
        hyphens = text.split("-")
        middle = len(hyphens) // 2
        parts = ["-".join(hyphens[:middle]), "-".join(hyphens[middle:])]
    written = [markup_to_latex(part.strip(), styled=False) for part in parts]
    return "--".join(filter(None, written))


def is_address(text: str) -> bool:
    """Whether a reader may open it and BibTeX may hold it raw: ``http`` or ``https``, a host, no unsafe character."""
    if len(text) > _MAX_ADDRESS or _UNSAFE_ADDRESS.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def address_of(text: str) -> str:
    """A usable address in its present form (``https://doi.org/``, not ``http://dx.doi.org/``), or an empty string."""
    text = _OLD_RESOLVER.sub("https://doi.org/", decode_entities(text).strip())
    return text if is_address(text) else ""


def keywords_to_latex(keywords: Sequence[str]) -> str:
    """Separated by commas, each once in whatever case; one that holds a comma itself is kept together by braces."""
    words = [markup_to_latex(keyword, styled=False).strip(" ,;") for keyword in keywords]
    written: dict[str, str] = {}
    for word in filter(None, words):
        written.setdefault(word.casefold(), word)
    return ", ".join(f"{{{word}}}" if "," in word else word for word in written.values())
