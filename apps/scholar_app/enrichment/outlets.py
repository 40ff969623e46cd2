"""What an entry says of how it was published (``howpublished``), held against where a record was."""

import re
from typing import Final

from .containers import Container, similarity_of_containers
from .record import Record
from .text import normalise_title, word_set

_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
#: Where programs, models, films and postings are, and no articles.
_OTHER_THINGS: Final = re.compile(
    r"\b(?:github|gitlab|bitbucket|sourceforge|codeberg|youtube|youtu\.be|vimeo|huggingface|kaggle|medium\.com|pypi\.org"
    r"|cran\.r-project|twitter\.com|reddit\.com|wikipedia\.org)\b",
    re.IGNORECASE,
)
_SAYS_NOTHING: Final = word_set(
    "available online at accessed access on website web page site url pdf retrieved visited last from electronic "
    "internet html link homepage www document version the of and in press print printed published by date see also via "
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
#: Below this two names are not the same.
_ALIKE: Final = 0.5


def is_published_otherwise(said: str, record: Record) -> bool:
    """Whether ``said``, in plain text, names a place that is neither the record's container nor its publisher."""
    names = [name for name in (record.container, record.container_short, record.publisher) if name]
    if not said or not names:
        return False
    words = _telling(_ADDRESS.sub(" ", said))
    if not words:
        return _OTHER_THINGS.search(said) is not None
    return not any(_is_same(words, name) for name in names)


def _telling(text: str) -> list[str]:
    return [word for word in normalise_title(text).split() if word not in _SAYS_NOTHING and not word.isdecimal()]


def _is_same(words: list[str], name: str) -> bool:
    """A word that tells in common, or an abbreviation of the other."""
    one, other = Container(" ".join(words)), Container(name)
    if not set(one.telling).isdisjoint(other.telling):
        return True
    return (similarity_of_containers((one,), (other,)) or 0.0) >= _ALIKE
