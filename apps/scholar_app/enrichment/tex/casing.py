"""Which capitals of a title must survive a bibliography style that turns titles into sentences."""

import re
from typing import Final

from ..text import word_set

#: A formula, a command (with its first argument: styles leave that alone), a brace, a word.
_TOKEN: Final = re.compile(
    r"\$[^$]*\$|\\[A-Za-z]+\{[^{}]*\}|\\[A-Za-z]+|\\.|[{}]|(?P<word>[^\W\d_](?:[\w'’]*\w)?|\d\w+)|(?P<stop>[:.?!]\s)"
)
#: Words shorter than this (``and``, ``the``) are small in either manner of writing.
_TELLING_LENGTH = 4
_ALWAYS_SMALL = word_set("about among based between during from into over through toward towards under upon using with")


def protect_capitals(latex: str) -> str:
    r"""The title with ``{DNA}``, ``{McCulloch}``, ``{iPhone}`` in braces; a title all in capitals stays as it is.

    In a title written like a sentence every capital but the sentence's own is a name's, and is protected too; in one
    Where Most Words Have Capitals nobody can tell, and only capitals that no such manner explains are.
    """
    words = [word[0] for word in _TOKEN.finditer(latex) if word["word"]]
    if _is_shouted(words):
        return latex
    protect_names = _is_sentence(words)
    return _Protector(protect_names=protect_names).protected(latex)


def _is_shouted(words: list[str]) -> bool:
    letters = [char for word in words for char in word if char.isalpha()]
    small = sum(char.islower() for char in letters)
    return small * 5 < len(letters)


def _is_sentence(words: list[str]) -> bool:
    telling = [word for word in words[1:] if _tells(word)]
    return bool(telling) and sum(word[0].isupper() for word in telling) * 2 <= len(telling)


def _tells(word: str) -> bool:
    return len(word) >= _TELLING_LENGTH and word not in _ALWAYS_SMALL and not _has_inner_capital(word)


def _has_inner_capital(word: str) -> bool:
    return any(char.isupper() for char in word[1:])


class _Protector:
    def __init__(self, *, protect_names: bool) -> None:
        self.protect_names = protect_names
        self.depth = 0
        self.begins = True

    def protected(self, latex: str) -> str:
        return _TOKEN.sub(self._token, latex)

    def _token(self, token: re.Match[str]) -> str:
        text = token[0]
        if token["stop"]:
            self.begins = True
        elif token["word"]:
            begins, self.begins = self.begins, False
            return f"{{{text}}}" if self.depth == 0 and self._needs_braces(text, begins=begins) else text
        elif text in "{}":
            self.depth += 1 if text == "{" else -1
        else:
            self.begins = False
            return f"{{{text}}}" if text[0] == "$" and self.depth == 0 else text
        return text

    def _needs_braces(self, word: str, *, begins: bool) -> bool:
        if _has_inner_capital(word):
            return True
        if not word[0].isupper() or begins:
            return False
        return self.protect_names or (len(word) == 1 and word not in "AI")
