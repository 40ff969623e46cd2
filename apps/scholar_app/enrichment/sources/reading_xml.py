"""Reading foreign XML without trusting it: no entities but XML's own, nothing fetched, errors as ``ShapeError``."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring  # nosec B405

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from . import reading
from .reading import ShapeError
from .transport import Answer

#: So that formulas come out as ``<mml:math>``, as publishers write them.
register_namespace("mml", "http://www.w3.org/1998/Math/MathML")


def root(answer: Answer, name: str) -> Element:
    """The body's outermost element. Raises ``ShapeError`` unless it is XML and the element is called ``name``."""
    if answer.kind and not re.fullmatch(r"(?:application|text)/(?:[\w.-]+\+)?xml", answer.kind):
        raise ShapeError(f"sent {answer.kind} instead of XML")
    try:
        element: Element = fromstring(answer.body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        element = Element("")
    if element.tag != name:
        raise ShapeError("sent XML that is cut off, damaged or something else")
    return element


def text(element: Element | None, path: str = ".") -> str:
    """All text of the element at a path, without its markup; ``""`` if it is not there."""
    found = None if element is None else element.find(path)
    return "" if found is None else reading.text("".join(found.itertext()))


def texts(element: Element, path: str) -> tuple[str, ...]:
    """The non-blank texts of all elements at a path, each once."""
    return reading.distinct(reading.text("".join(found.itertext())) for found in element.iterfind(path))


def markup(element: Element | None) -> str:
    """The text of an element with the markup that is in it: ``on <i>Drosophila</i> and &lt;10 m``."""
    if element is None:
        return ""
    return reading.text("".join(_inside(element)))


def _inside(element: Element) -> Iterator[str]:
    yield _escaped(element.text)
    for inner in element:
        yield tostring(inner, encoding="unicode")


def _escaped(value: str | None) -> str:
    return (value or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
