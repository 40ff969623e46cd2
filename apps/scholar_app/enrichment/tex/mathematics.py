r"""Mathematics from the indexes: checks TeX that came along, and turns simple MathML into TeX.

Only commands of a fixed list ever pass: an index must not be able to put ``\input`` or ``\write18`` into a document.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from ..text import word_set

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "epsilon": "ϵ", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μµ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "varphi": "φ",
    "phi": "ϕ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ∆", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_SIGNS = {
    "times": "×", "div": "÷", "pm": "±", "mp": "∓", "cdot": "·⋅", "ast": "∗", "circ": "∘", "bullet": "•", "oplus": "⊕",
    "otimes": "⊗", "leq": "≤⩽", "geq": "≥⩾", "ll": "≪", "gg": "≫", "neq": "≠", "approx": "≈", "sim": "∼", "simeq": "≃",
    "cong": "≅", "equiv": "≡", "propto": "∝", "lesssim": "≲", "gtrsim": "≳", "infty": "∞", "partial": "∂",
    "nabla": "∇", "in": "∈", "notin": "∉", "ni": "∋", "subset": "⊂", "subseteq": "⊆", "supset": "⊃", "supseteq": "⊇",
    "cup": "∪", "cap": "∩", "emptyset": "∅", "forall": "∀", "exists": "∃", "neg": "¬", "wedge": "∧", "vee": "∨",
    "to": "→", "leftarrow": "←", "leftrightarrow": "↔", "Rightarrow": "⇒", "Leftarrow": "⇐", "Leftrightarrow": "⇔",
    "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "sum": "∑", "prod": "∏", "int": "∫", "oint": "∮", "surd": "√",
    "perp": "⊥", "parallel": "∥‖", "angle": "∠", "langle": "⟨〈", "rangle": "⟩〉", "ell": "ℓ", "hbar": "ℏħ", "Re": "ℜ",
    "Im": "ℑ", "aleph": "ℵ", "prime": "′", "dagger": "†", "ddagger": "‡", "odot": "⊙☉", "ldots": "…", "cdots": "⋯",
    "star": "⋆", "lbrace": "{", "rbrace": "}", "%": "%", "#": "#", "&": "&", "_": "_", "$": "$", "backslash": "\\",
}  # fmt: skip
_OTHERS = {
    "−": "-", "–": "-", "‐": "-", "‑": "-", "∕": "/", "∣": "|", "∶": ":", "ℝ": r"\mathbb{R}",
    "ℂ": r"\mathbb{C}", "ℕ": r"\mathbb{N}", "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}", "°": r"^{\circ}", "~": r"\sim",
    "\u2061": "", "\u2062": "", "\u2063": "", "\u2064": "", "\u200b": "", "^": r"\wedge", "¯": "-", "ℒ": r"\mathcal{L}",
    "ℋ": r"\mathcal{H}", "ℱ": r"\mathcal{F}",
}  # fmt: skip
#: A character outside plain TeX and how mathematics writes it.
SYMBOLS: Final = {char: f"\\{name}" for name, chars in (_GREEK | _SIGNS).items() for char in chars} | _OTHERS
_NAMED_FUNCTIONS = word_set(
    "arccos arcsin arctan arg cos cosh cot deg det dim exp gcd hom inf ker lim liminf limsup ln log max min Pr sec sin "
    "sinh sup tan tanh"
)
_STYLES = word_set(
    "mathrm mathbf mathit mathsf mathcal mathbb mathfrak mathscr boldsymbol bm text textrm textit textbf mbox hbox rm "
    "bf it operatorname"
)
_BUILDERS = word_set(
    "frac dfrac tfrac sqrt hat widehat bar vec tilde widetilde dot ddot overline underline overset underset stackrel "
    "binom left right big Big bigl bigr quad qquad mid nolimits limits displaystyle textstyle longrightarrow lVert "
    "rVert vert Vert lfloor rfloor lceil rceil colon textregistered trademark setminus vdots ddots triangle Box square "
    "triangleq asymp doteq rightleftharpoons hookrightarrow prec succ preceq succeq lt gt not varnothing"
)
_SYNONYMS = word_set("le ge ne rightarrow")
#: Every command that may stand in a formula.
COMMANDS: Final = frozenset(_GREEK) | frozenset(_SIGNS) | _NAMED_FUNCTIONS | _STYLES | _BUILDERS | _SYNONYMS
#: Commands that are a sign by themselves: bare ``\alpha`` in a text becomes ``$\alpha$``.
SIGN_COMMANDS: Final = frozenset(_GREEK) | {name for name in _SIGNS if name.isalpha()} | _SYNONYMS


_MAX_LENGTH = 600
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+$")
_SPACING = frozenset(",;:! %#&_$|")
_ONE_LETTER = re.compile(r"[A-Za-z]'?|[A-Za-z]?\([A-Za-z0-9,]{1,5}\)")
_MATHEMATICAL = re.compile(r"[\\^_{}=<>]")


def is_formula(tex: str) -> bool:
    """Whether what stood between two ``$`` is mathematics, rather than prose between two prices."""
    return bool(_MATHEMATICAL.search(tex) or _ONE_LETTER.fullmatch(tex.strip()))


def safe_formula(tex: str) -> str | None:
    """The formula without its dollars, made of known commands and balanced braces only; ``None`` where it is not."""
    tex = " ".join(tex.split())
    tex = tex.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    if not tex or len(tex) > _MAX_LENGTH or not _is_balanced(tex):
        return None
    if any(name not in COMMANDS and name not in _SPACING for name in _COMMAND.findall(tex)):
        return None
    bare = _COMMAND.sub("", tex)
    if any(sign in bare for sign in "$%#&~"):
        return None
    return _ascii(tex)


def _is_balanced(tex: str) -> bool:
    depth = 0
    for sign in tex:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0


def _ascii(tex: str) -> str | None:
    if any(not char.isascii() and char not in SYMBOLS for char in tex):
        return None
    return tidy("".join(char if char.isascii() else f"{SYMBOLS[char]} " for char in tex))


def tidy(tex: str) -> str:
    r"""Without the blanks that only end a command: ``\alpha +`` is ``\alpha+``, while ``\alpha x`` keeps its blank."""
    return re.sub(r"(\\[A-Za-z]+) +(?![A-Za-z0-9 ])", r"\1", " ".join(tex.split())).strip()


@dataclass(slots=True)
class Node:
    """An element of MathML: local ``name``, attributes, and children in order."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Node | str]" = field(default_factory=list)

    @property
    def elements(self) -> "list[Node]":
        """The children that are elements; blanks between them mean nothing."""
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def text(self) -> str:
        """All text below, in order, with single spaces."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join("".join(parts).split())


class NotSimpleError(ValueError):
    """The formula uses what is not written here; its text will have to do."""


def formula_of(node: Node) -> str:
    """TeX without dollars for a ``math`` element. Raises :class:`NotSimpleError`."""
    alternative = node.attributes.get("alttext", "").strip()
    if len(alternative) > 2 and alternative[0] == alternative[-1] == "$":
        written = safe_formula(alternative.strip("$"))
        if written:
            return written
    written = tidy(_row(node))
    if not written or len(written) > _MAX_LENGTH:
        raise NotSimpleError(node.name)
    return written


def _row(node: Node) -> str:
    return _joined([_tex(child) for child in node.elements])


def _joined(parts: list[str]) -> str:
    """In a row; a letter must not grow onto the command before it."""
    row = ""
    for part in parts:
        row += f" {part}" if _ENDS_IN_COMMAND.search(row) and part[:1].isalpha() else part
    return row


def _tex(node: Node) -> str:
    writer = _WRITERS.get(node.name)
    if writer is None:
        raise NotSimpleError(node.name)
    return writer(node)


def _children(node: Node, count: int) -> list[str]:
    if len(node.elements) != count:
        raise NotSimpleError(node.name)
    return [_tex(child) for child in node.elements]


_VARIANTS = {
    "normal": "mathrm", "bold": "mathbf", "bold-italic": "boldsymbol", "double-struck": "mathbb", "script": "mathcal",
    "fraktur": "mathfrak", "sans-serif": "mathsf",
}  # fmt: skip


def _characters(text: str) -> str:
    if any(not char.isascii() and char not in SYMBOLS for char in text):
        raise NotSimpleError(text)
    return tidy("".join(f"{SYMBOLS[char]} " if char in SYMBOLS else char for char in text))


def _identifier(node: Node) -> str:
    name, written = node.text, _characters(node.text)
    if name in _NAMED_FUNCTIONS:
        return f"\\{name}"
    style = _VARIANTS.get(node.attributes.get("mathvariant", ""), "mathrm" if len(name) > 1 else "")
    return f"\\{style}{{{written}}}" if style and not written.startswith("\\") else written


_RELATIONS = frozenset("=<>≤≥⩽⩾≪≫≠≈∼≃≅≡∝≲≳∈∉⊂⊆⊃⊇→←↔⇒⇔↦")


def _operator(node: Node) -> str:
    written = _characters(node.text)
    return f" {written} " if node.text in _RELATIONS else written


def _words(node: Node) -> str:
    text = node.text
    if not re.fullmatch(r"[A-Za-z0-9 .,:;()+-]*[A-Za-z][A-Za-z0-9 .,:;()+-]*", text):
        return _characters(text)
    spaced = text.replace(" ", r"\ ")
    return f"\\mathrm{{{spaced}}}"


def _scripts(node: Node) -> str:
    base, *rest = _children(node, 3 if node.name in {"msubsup", "munderover"} else 2)
    signs = {"msub": "_", "munder": "_", "msup": "^", "mover": "^"}.get(node.name, "_^")
    return base + "".join(f"{sign}{{{script}}}" for sign, script in zip(signs, rest, strict=True) if script)


_ACCENTS = {"→": "vec", "⃗": "vec", "^": "hat", "ˆ": "hat", "¯": "bar", "‾": "bar", "~": "tilde", "˜": "tilde",
            "˙": "dot", ".": "dot", "¨": "ddot", "_": "underline"}  # fmt: skip


def _over(node: Node) -> str:
    accent = _ACCENTS.get(node.elements[1].text) if len(node.elements) == 2 else None
    if accent is None:
        return _scripts(node)
    return f"\\{accent}{{{_tex(node.elements[0])}}}"


def _fraction(node: Node) -> str:
    above, below = _children(node, 2)
    return f"\\frac{{{above}}}{{{below}}}"


def _root(node: Node) -> str:
    base, index = _children(node, 2)
    return f"\\sqrt[{index}]{{{base}}}"


def _fenced(node: Node) -> str:
    opening, closing = node.attributes.get("open", "("), node.attributes.get("close", ")")
    separator = (node.attributes.get("separators", ",").split() or [""])[0]
    inside = _characters(separator).join(_tex(child) for child in node.elements)
    return _joined([_characters(opening), inside, _characters(closing)])


def _multiscripts(node: Node) -> str:
    """``base (sub sup)* mprescripts (sub sup)*``; an isotope's mass number stands before its sign."""
    base, *rest = node.elements or [Node("none")]
    names = [child.name for child in rest]
    middle = names.index("mprescripts") if "mprescripts" in names else len(rest)
    before = _script_pairs(rest[middle + 1 :])
    return (f"{{}}{before}" if before else "") + _tex(base) + _script_pairs(rest[:middle])


def _script_pairs(nodes: list[Node]) -> str:
    if len(nodes) % 2:
        raise NotSimpleError("mmultiscripts")
    return "".join(
        f"{'^' if index % 2 else '_'}{{{script}}}" for index, node in enumerate(nodes) if (script := _tex(node))
    )


_WRITERS = {
    "mi": _identifier, "mn": lambda node: _characters(node.text), "mo": _operator,
    "mtext": _words, "ms": _words, "mspace": lambda _: "", "none": lambda _: "", "mphantom": lambda _: "",
    "mrow": _row, "mstyle": _row, "mpadded": _row, "math": _row,
    "semantics": lambda node: _tex(node.elements[0]) if node.elements else "",
    "msub": _scripts, "msup": _scripts, "msubsup": _scripts, "munder": _scripts, "munderover": _scripts, "mover": _over,
    "mfrac": _fraction, "msqrt": lambda node: f"\\sqrt{{{_row(node)}}}", "mroot": _root, "mfenced": _fenced,
    "mmultiscripts": _multiscripts,
}  # fmt: skip
