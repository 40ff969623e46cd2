"""What a title says its work is: a notice about another work, a part of one, or something of a generic name.

All patterns see normalised titles (lower case, single spaces, no punctuation).
"""

import re

from .text import STOP_WORDS, word_set

#: Classes of titles that are *about* another work or a form of it; two works of different classes are not one.
_CLASSES = {
    "a correction or retraction notice": re.compile(
        r"^(?:authors? |publishers? |editorial )?(?:errat(?:um|a)|corrigend(?:um|a)|corrections?|retractions?|retracted"
        r"|withdrawn|withdrawal|expression of concern|addendum|removal notice|notice of (?:retraction|removal)"
        r"|berichtigung|rectificatif|fe de erratas?)\b|^(?:publishers?|editors?) note\b"
        r"|\bvol \d+ pg\b|\b(?:erratum|corrigendum|retraction|correction)$"
    ),
    "a comment or reply": re.compile(
        r"^(?:invited |a |authors? |editorial )?(?:comments?|commentary|discussion|reply|response|rejoinder|rebuttal"
        r"|letter to the editor|in reply|in response|closure (?:to|of)|re|kommentar|antwort auf|reponse a)\b"
        r"|\b(?:a comment|reply|rejoinder|a response|authors? response)$"
    ),
    "a review": re.compile(
        r"^(?:review (?:for|of)|decision letter|peer review|faculty opinions recommendation|recommendation of"
        r"|faculty of 1000|book reviews?|(?:reviewer|referee) report|journal club|rezension|compte rendu|resena)\b"
        r"|\bbook reviews?$"
    ),
    "a supplement": re.compile(
        r"^(?:supplement(?:ary|al)?|(?:replication )?data (?:from|for)|data ?set|additional file|figure s?\d|table s?\d"
        r"|supporting information|appendix|video s?\d)\b|\b(?:supplementary|supporting) (?:material|information|data)$"
    ),
    "another version": re.compile(
        r"^extended abstract\b|\b(?:extended abstract|(?:extended|preliminary|short|full) version|an extended study"
        r"|revisited|poster abstract|tutorial|abstract only)$"
    ),
    "an edition": re.compile(r"\b(?:\d+(?:st|nd|rd|th)|second|third|fourth|fifth|sixth|revised) ed(?:ition|n)?\b"),
}
#: Words of which one stands in every title that has a class: most titles have none, and are told so quickly.
_HINTS = word_set(
    "erratum errata corrigendum corrigenda correction corrections retraction retractions retracted withdrawn "
    "withdrawal concern addendum notice berichtigung rectificatif erratas note pg comment comments commentary "
    "discussion reply response rejoinder rebuttal letter closure re kommentar antwort reponse review reviews decision "
    "recommendation faculty report journal rezension compte resena supplement supplementary supplemental data dataset "
    "additional figure figures table tables supporting appendix video videos abstract version study revisited "
    "tutorial ed edn edition"
)
#: What makes another work of a title when it is all that stands behind it.
_AFTERWORDS = frozenset(
    {"reply", "a reply", "response", "a response", "comment", "a comment", "comments", "commentary", "a commentary"}
    | {"discussion", "a discussion", "rejoinder", "a rejoinder", "rebuttal", "correction", "erratum", "retraction"}
    | {"revisited", "reconsidered", "editorial", "review", "authors reply", "author reply", "further results"}
    | {"update", "an update", "addendum", "postscript", "supplement", "corrigendum", "continued"}
)
#: ``ten years later``, as numerals are compared.
_YEARS_LATER = re.compile(r"\d+ years (?:later|on|after)")
#: What ends a subtitle that names but a kind of text: ``a systematic review``, ``an extended study``.
_GENRES = word_set(
    "review reviews overview survey study studies analysis update report reports case evaluation assessment note notes "
    "tutorial introduction perspective results practice comparison experiments applications theory methods"
)
_MAX_GENRE_WORDS = 4
#: What stands before a title to say that this is not the work itself but its film, its poster, a talk about it.
_KICKERS = re.compile(
    r"(?:(?:video|graphical|conference|meeting) )?abstract|poster|slides|presentation|(?:online )?appendix|editorial"
    r"|highlights?|podcast|webinar|corrected|correction notice|review|research data supporting"
    r"|code(?: and data)?(?: for)?"
)
_FOREWORD_ENDS = frozenset({"on", "to", "of", "for", "from", "in", "with", "about", "beyond", "towards"})
_PART_NAMES = "part|pt|paper|chapter|volume|vol|book|lecture|act|section|installment|episode|phase"
_PART = re.compile(rf"\b(?:{_PART_NAMES})s? (\w+)\b")
_PART_NAME = re.compile(rf"(?:{_PART_NAMES})s?")
_PART_WORDS = frozenset(f"{name}{plural}" for name in _PART_NAMES.split("|") for plural in ("", "s"))
_ROMAN = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12,
}  # fmt: skip
_UNMISTAKABLE_ROMAN = frozenset(_ROMAN) - {"i", "v", "x"}
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "first": 1, "second": 2, "third": 3, "a": 1, "b": 2,
    **_ROMAN,
}  # fmt: skip
_NUMERALS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th",
}  # fmt: skip
#: Every word that :func:`numeral` may write in another way.
SPELT_NUMBERS = frozenset(_NUMERALS) | frozenset(_ROMAN)
_GENERIC = re.compile(
    r"(?:(?:the|an?|guest|from the|letter from the) )*"
    r"(?:editorial|editors?|editor note|introduction|preface|foreword|index|contents|table of contents|announcements?"
    r"|obituar(?:y|ies)|in memoriam|book reviews?|reviews?|news|letters?|correspondence|conclusions?|summary|abstracts?"
    r"|abbreviations|references|bibliography|acknowledge?ments|glossary|appendix|discussion|comment(?:ary)?|errat(?:um|a)"
    r"|correction|corrigendum|retraction|calendar|meetings?|notes?|front matter|back matter|cover|masthead"
    r"|program(?:me)?|miscellan(?:y|ea)|overview|perspectives?|highlights|in this issue|(?:annual )?report|data ?set"
    r"|special issue|reply|response|untitled|no title|(?:personal|private) communication|unpublished|in preparation"
    r"|questions and answers)"
    r"(?: (?:to|on|of|for) the (?:special |thematic |theme )?(?:issue|section|volume|editors?))?"
)


def classes_of(title: str) -> frozenset[str]:
    """What a normalised title says the work is besides a plain one."""
    if _HINTS.isdisjoint(title.split()):
        return frozenset()
    return frozenset(name for name, pattern in _CLASSES.items() if pattern.search(title))


def is_afterword(words: tuple[str, ...]) -> bool:
    """Whether the words behind a title make another work of it: ``reply``, ``revisited``."""
    if not words:
        return False
    text = " ".join(words)
    return text in _AFTERWORDS or _YEARS_LATER.fullmatch(text) is not None


def is_genre(words: tuple[str, ...]) -> bool:
    """Whether a subtitle names but a kind of text, as that of a companion paper does: ``a review``."""
    return 0 < len(words) <= _MAX_GENRE_WORDS and words[-1] in _GENRES


def speaks_about(head: tuple[str, ...]) -> bool:
    """Whether the words before a title make it another's topic: ``reply to``, ``poster``."""
    if not head:
        return False
    text = " ".join(head)
    return bool(classes_of(text)) or _KICKERS.fullmatch(text) is not None


def is_foreword(words: tuple[str, ...]) -> bool:
    """Whether the words before a title make it the topic of another work: ``more on``, ``an introduction to``."""
    return len(words) > 1 and words[-1] in _FOREWORD_ENDS and any(word not in STOP_WORDS for word in words)


def is_generic(title: str) -> bool:
    """Whether thousands of works bear this normalised title: ``editorial``, ``introduction to the special issue``."""
    return _GENERIC.fullmatch(title) is not None


def part_numbers(title: str) -> frozenset[int]:
    """The numbers of parts and volumes: ``part ii``, ``vol 2``, a roman or single digit at the end."""
    words = title.split()
    found = {_ROMAN[word] for word in words if word in _UNMISTAKABLE_ROMAN}
    if not _PART_WORDS.isdisjoint(words):
        found |= {number for word in _PART.findall(title) if (number := _number(word))}
    if len(words) > 1 and (words[-1] in _ROMAN or (len(words[-1]) == 1 and words[-1].isdecimal())):
        found.add(_number(words[-1]))
    return frozenset(found)


def _number(word: str) -> int:
    return int(word[:6]) if word.isdecimal() else _NUMBERS.get(word, 0)


def numeral(word: str, *, after: str) -> str:
    """A number in digits, however it is written; ``i``, ``v`` and ``x`` are numbers only after ``part``."""
    if word in _UNMISTAKABLE_ROMAN or (word in _ROMAN and _PART_NAME.fullmatch(after)):
        return str(_ROMAN[word])
    return _NUMERALS.get(word, word)
