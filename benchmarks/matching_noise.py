"""How a record becomes the entry that somebody typed, pasted or converted: cuts, typos, abbreviations, LaTeX."""

import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.scholar_app.enrichment.record import Name, Record
from apps.scholar_app.enrichment.text import fold, plain_text

from .matching_works import person

_ENTRY_TYPES = {
    "journal-article": "article", "proceedings-article": "inproceedings", "book-chapter": "incollection", "book": "book",
    "monograph": "book", "edited-book": "book", "dissertation": "phdthesis", "report": "techreport", "proceedings": "proceedings",
    "reference-entry": "incollection", "reference-book": "book", "posted-content": "misc",
}  # fmt: skip
_MARKS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0308": '"', "\u0303": "~", "\u0304": "=", "\u0307": ".", "\u0306": "u",
    "\u030c": "v", "\u030b": "H", "\u0327": "c", "\u0323": "d", "\u0328": "k", "\u030a": "r",
}  # fmt: skip
_LIGATURES = {
    "ß": r"{\ss}", "æ": r"{\ae}", "Æ": r"{\AE}", "œ": r"{\oe}", "ø": r"{\o}", "Ø": r"{\O}", "ł": r"{\l}", "Ł": r"{\L}",
    "–": "--", "—": "---", "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "κ": r"$\kappa$", "μ": r"$\mu$",
    "“": "``", "”": "''", "’": "'", "%": r"\%", "#": r"\#", "_": r"\_",
}  # fmt: skip
_SERVERS = {
    "10.1101": "bioRxiv",
    "10.2139": "SSRN",
    "10.48550": "arXiv preprint",
    "10.26434": "ChemRxiv",
    "10.36227": "TechRxiv",
}
_SPELLINGS = [
    ("modelling", "modeling"), ("behaviour", "behavior"), ("tumour", "tumor"), ("colour", "color"), ("optimisation", "optimization"),
    ("optimization", "optimisation"), ("analyse", "analyze"), ("organisation", "organization"), ("centre", "center"), ("fibre", "fiber"),
    ("randomised", "randomized"), ("randomized", "randomised"), ("haem", "hem"), ("paediatric", "pediatric"), ("labelling", "labeling"),
]  # fmt: skip


@dataclass(frozen=True)
class NoisyEntry:
    """An entry as matching sees it, and what was done to it."""

    type: str
    fields: Mapping[str, str]
    noise: tuple[str, ...] = ()
    inherited: Mapping[str, str] = field(default_factory=dict)

    def get(self, *names: str) -> str:
        """The first non-blank of the named fields."""
        return next((value for name in names if (value := self.fields.get(name, "").strip())), "")


class Noise:
    """Makes entries; ``heavy`` is about 1 for a careful author, 2 for a careless one."""

    def __init__(self, rnd: random.Random, heavy: float = 1.0) -> None:
        self._rnd = rnd
        self._heavy = heavy
        self._done: list[str] = []

    def entry(self, work: Record, *, preprint: bool = False) -> NoisyEntry:
        """The work as somebody cites it; with ``preprint`` as an arXiv preprint."""
        self._done = []
        fields = {
            "title": self._title(work),
            "author": self._authors(work.authors or work.editors),
            "year": self._year(work),
        }
        kind = _ENTRY_TYPES.get(work.type, "misc")
        if preprint:
            number = f"{self._rnd.randint(10, 23)}{self._rnd.randint(1, 12):02d}.{self._rnd.randint(10000, 19999)}"
            kind, fields["journal"] = "article", f"arXiv preprint arXiv:{number}"
        elif kind == "book":
            fields["publisher"] = work.publisher
        elif kind == "phdthesis":
            fields["school"] = work.publisher
        elif work.type != "posted-content":
            kind = self._place(work, kind, fields)
        elif self._rnd.random() < 0.8:
            fields["howpublished"] = _SERVERS.get(work.doi.split("/")[0], "Preprint")
        return NoisyEntry(kind, {name: value for name, value in fields.items() if value}, tuple(self._done))

    def _happens(self, chance: float, what: str = "") -> bool:
        happens = self._rnd.random() < chance * self._heavy
        if happens and what:
            self._done.append(what)
        return happens

    def _title(self, work: Record) -> str:
        title = plain_text(work.title)
        if work.subtitle and not self._happens(0.15, "no subtitle"):
            title = f"{title}: {plain_text(work.subtitle)}"
        elif ": " in title and len(title.split(": ")[0].split()) > 1 and self._happens(0.12, "no subtitle"):
            title = title.split(": ", 1)[0]
        words = title.split()
        if len(words) >= 9 and self._happens(0.04, "cut off"):
            title = " ".join(words[: self._rnd.randint(6, max(6, int(len(words) * 0.8)))]) + self._rnd.choice(
                ["", "...", " ..."]
            )
        elif len(words) >= 5 and self._happens(0.04, "word missing"):
            del words[self._rnd.randrange(len(words))]
            title = " ".join(words)
        if self._happens(0.07, "typo"):
            title = self._typo(title, self._rnd.choice([1, 1, 2]))
        if "-" in title and self._happens(0.15, "hyphen"):
            title = title.replace("-", self._rnd.choice([" ", ""]))
        if (" & " in title or " and " in title) and self._happens(0.12, "ampersand"):
            title = title.replace(" & ", " and ") if " & " in title else title.replace(" and ", r" \& ")
        if self._happens(0.3):
            title = next((title.replace(one, other) for one, other in _SPELLINGS if one in title), title)
        return self._latex(self._case(title))

    def _case(self, title: str) -> str:
        chance = self._rnd.random()
        if chance < 0.15:
            return title[:1] + title[1:].lower()
        if chance < 0.22:
            return title.upper()
        if chance < 0.30:
            return title.title()
        if chance < 0.45:
            return re.sub(r"\b([A-Z][A-Za-z]*[A-Z]\w*)", r"{\1}", title)
        if chance < 0.52:
            return f"{{{title}}}"
        return f"{title}." if chance < 0.55 else title

    def _typo(self, text: str, count: int) -> str:
        for _ in range(count):
            if len(text) < 6:
                return text
            place, chance = self._rnd.randrange(1, len(text) - 2), self._rnd.random()
            if chance < 0.3:
                text = text[:place] + text[place + 1 :]
            elif chance < 0.55:
                text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            else:
                text = text[:place] + self._rnd.choice("aeiorstnl") + text[place + (chance < 0.8) :]
        return text

    def _authors(self, authors: tuple[Name, ...]) -> str:
        names = list(authors)
        if not names or self._happens(0.03, "no authors"):
            return ""
        others = False
        if len(names) > 3 and self._happens(0.22, "and others"):
            names, others = names[: self._rnd.choice([1, 1, 2, 3])], True
        elif len(names) > 2 and self._happens(0.03, "first author only"):
            names = names[:1]
        elif len(names) > 3 and self._happens(0.03, "author missing"):
            del names[self._rnd.randrange(1, len(names))]
        if self._happens(0.35):
            names = [
                Name(n.family, " ".join(f"{w[0]}." for w in re.split(r"[\s.-]+", n.given) if w), n.suffix, n.literal)
                for n in names
            ]
        if self._happens(0.02, "author typo"):
            names[0] = Name(self._typo(names[0].family, 1), names[0].given)
        if self._happens(0.05, "no accents"):
            names = [Name(fold(n.family).title(), fold(n.given).title(), "", n.literal) for n in names]
        if len(names) > 1 and self._happens(0.01, "author order"):
            names.reverse()
        if self._happens(0.01, "names swapped"):
            names = [Name(n.given, n.family) if n.given else n for n in names]
        family_first = self._rnd.random() < 0.6
        text = " and ".join(
            person(n) if family_first or " " in n.family or n.literal else f"{n.given} {n.family}".strip()
            for n in names
        )
        return self._latex(text) + (" and others" if others else "")

    def _year(self, work: Record) -> str:
        if work.year is None or self._happens(0.035, "no year"):
            return ""
        if self._happens(0.08, "year off by one"):
            return str(work.year + self._rnd.choice([-1, 1]))
        if self._happens(0.005, "year off"):
            return str(work.year + self._rnd.choice([-3, -2, 2, 3]))
        return str(work.year)

    def _place(self, work: Record, kind: str, fields: dict[str, str]) -> str:
        container = plain_text(work.container)
        if kind == "inproceedings" and self._happens(0.4, "acronym"):
            acronyms = [
                word
                for word in re.findall(r"\b[A-Z]{3,}[A-Za-z]*\b", container)
                if word not in ("IEEE", "ACM", "CVF", "RSJ")
            ]
            container = acronyms[-1] if acronyms else container
        elif kind == "article" and self._happens(0.3, "abbreviated"):
            container = _abbreviated(container, self._rnd)
        if self._happens(0.07, "no container"):
            container = ""
        if self._happens(0.03, "other type"):
            kind = "misc" if kind == "article" else "article"
        fields["journal" if kind == "article" else "booktitle"] = self._latex(container.replace("&", r"\&"))
        self._numbers(work, fields)
        return kind

    def _numbers(self, work: Record, fields: dict[str, str]) -> None:
        if work.volume and not self._happens(0.25, "no volume"):
            fields["volume"] = str(self._rnd.randint(1, 300)) if self._happens(0.02, "wrong volume") else work.volume
        if work.number and not self._happens(0.4):
            fields["number"] = str(self._rnd.randint(1, 12)) if self._happens(0.02, "wrong number") else work.number
        if not work.pages or self._happens(0.25, "no pages"):
            return
        first = re.split(r"[-–]", work.pages)[0]
        fields["pages"] = first if self._happens(0.1) else work.pages.replace("-", "--")
        if self._happens(0.025, "wrong page"):
            fields["pages"] = self._rnd.choice(
                [str(self._rnd.randint(1, 3000)), f"1--{self._rnd.randint(8, 20)}", f"e{first}", first[:-1] or "1"]
            )

    def _latex(self, text: str) -> str:
        if text.isascii() or self._rnd.random() < 0.2:
            return text
        return "".join(self._letter(letter) for letter in text)

    def _letter(self, letter: str) -> str:
        if letter in _LIGATURES:
            return _LIGATURES[letter]
        base, *marks = list(unicodedata.normalize("NFD", letter))
        if len(marks) != 1 or marks[0] not in _MARKS or not base.isascii():
            return letter
        mark = _MARKS[marks[0]]
        if mark.isalpha():
            return self._rnd.choice([f"{{\\{mark}{{{base}}}}}", f"\\{mark}{{{base}}}"])
        return self._rnd.choice([f"{{\\{mark}{base}}}", f"\\{mark}{{{base}}}", f"\\{mark}{base}"])


def _abbreviated(container: str, rnd: random.Random) -> str:
    words = [
        word
        for word in container.split()
        if word.lower() not in ("of", "the", "and", "on", "in", "for", "de", "la", "&")
    ]
    if len(words) < 2:
        return container
    return " ".join(f"{word[: rnd.choice([3, 4, 5])]}." if len(word) > 5 else word for word in words)
