"""XML of requests: bytes to elements, and what is wrong with bytes that are none.

What belongs here: reading, and a sentence in the words of the kind of parser Salesforce uses, with
line and column (assumed throughout: which words it shows where is not recorded). What does not: how
an interface wraps the sentence (whoever asked), and files of metadata (``schema.metadata.xml``).
"""

from __future__ import annotations

from xml.etree.ElementTree import Element
from xml.parsers.expat import errors as expat

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

_WORDS = {
    expat.codes[expat.XML_ERROR_UNCLOSED_TOKEN]: "XML document structures must start and end "
    "within the same entity.",
    expat.codes[expat.XML_ERROR_TAG_MISMATCH]: "The element type must be terminated by the "
    "matching end-tag.",
    expat.codes[expat.XML_ERROR_DUPLICATE_ATTRIBUTE]: "Attribute was already specified for "
    "element.",
    expat.codes[expat.XML_ERROR_UNBOUND_PREFIX]: "The prefix for element is not bound.",
    expat.codes[expat.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "The markup in the document following "
    "the root element must be well-formed.",
}
_EMPTY = "Premature end of file."
_UNENDED = "XML document structures must start and end within the same entity."
_OTHERWISE = "The markup in the document must be well-formed."
_DOCTYPE = "DOCTYPE is disallowed."


class UnreadableXml(ValueError):
    """A text that is no XML; the message says what is wrong and where."""


def read(body: bytes) -> Element:
    """Return the root of an XML text; raises :class:`UnreadableXml`."""
    try:
        root: Element = ElementTree.fromstring(body)
    except ElementTree.ParseError as broken:
        line, column = broken.position
        words = _WORDS.get(broken.code, _OTHERWISE)
        if broken.code == expat.codes[expat.XML_ERROR_NO_ELEMENTS]:
            words = _UNENDED if body.strip() else _EMPTY
        raise UnreadableXml(f"{words} at [line:{line}, column:{column + 1}]") from broken
    except DefusedXmlException as harmful:
        raise UnreadableXml(_DOCTYPE) from harmful
    except (LookupError, ValueError) as unknown:  # an encoding nobody knows
        raise UnreadableXml("The encoding of the document is not supported.") from unknown
    return root
