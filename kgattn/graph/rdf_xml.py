"""rdflib's parsers of RDF/XML and TriX, made to take time in proportion to the file.

They add each piece of a text to what was there, and expat hands out a piece a line: quadratic over a long text. Here
pieces are joined first. Datatypes are not followed, and of an XML literal the text counts without its markup.
"""

from typing import Any
from xml.sax import make_parser
from xml.sax.handler import ErrorHandler, feature_namespaces
from xml.sax.xmlreader import InputSource, Locator

from rdflib import Literal
from rdflib.plugins.parsers.rdfxml import RDFXMLHandler
from rdflib.plugins.parsers.trix import TriXHandler

from kgattn.graph.rdf_sink import RdfSink, literal

_NAMED = ("uri", "id")  # in TriX: what names a graph, or is an end of a triple


class XmlError(ValueError):
    """A document that is not the XML it should be.

    Attributes:
        line: Where, counted from 1, if known.
    """

    line: int | None

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.line = line


def parse_xml(file: Any, sink: RdfSink, base: str, expected: tuple[type[BaseException], ...], *, trix: bool) -> None:
    """Parse a document whose entities were checked.

    Args:
        file: The document, as bytes.
        sink: Where the statements go.
        base: What relative IRIs are resolved against.
        expected: Errors to let pass.
        trix: Whether it is TriX; the statements of all its graphs count.

    Raises:
        XmlError: The document is broken.
    """
    source = InputSource(base)
    source.setPublicId(base)
    source.setByteStream(file)
    parser = make_parser()
    parser.setFeature(feature_namespaces, 1)
    handler: Any = (_TriX if trix else _RdfXml)(sink)
    handler.setDocumentLocator(source)
    parser.setContentHandler(handler)
    parser.setErrorHandler(ErrorHandler())
    if hasattr(parser, "start_namespace_decl"):  # expat does not know the prefix that is always there
        parser.start_namespace_decl("xml", "http://www.w3.org/XML/1998/namespace")
    try:
        parser.parse(source)
    except expected:
        raise
    except Exception as error:  # rdflib raises all kinds of errors over a broken file
        message = getattr(error, "getMessage", lambda: str(error))()
        line = parser.getLineNumber() if isinstance(parser, Locator) else None
        raise XmlError(message or type(error).__name__, line) from None


class _Joined:
    """Hands on the pieces of a text as one, when an element begins or ends."""

    def __init__(self, sink: RdfSink) -> None:
        self._pieces: list[str] = []
        super().__init__(sink)  # type: ignore[call-arg]

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - the parent's name, as below
        self._hand_on()
        super().startElementNS(name, qname, attrs)  # type: ignore[misc]

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802
        self._hand_on()
        super().endElementNS(name, qname)  # type: ignore[misc]

    def characters(self, content: str) -> None:
        self._pieces.append(content)

    def _hand_on(self) -> None:
        if self._pieces:
            super().characters("".join(self._pieces))  # type: ignore[misc]
            self._pieces.clear()


class _RdfXml(_Joined, RDFXMLHandler):
    """RDF/XML."""

    def property_element_start(self, name: Any, qname: Any, attrs: Any) -> None:
        super().property_element_start(name, qname, attrs)
        current: Any = self.current
        if current.declared is not None:  # an XML literal begins
            current.object = ""

    def property_element_end(self, name: Any, qname: Any) -> None:
        current: Any = self.current
        if current.datatype is not None:
            if current.data is not None and current.object is None:
                current.object, current.data = literal(current.data, str(current.datatype)), None
            current.datatype = current.language = None
        if current.declared is not None:
            current.object = Literal(current.object)
        super().property_element_end(name, qname)

    def literal_element_start(self, name: Any, qname: Any, attrs: Any) -> None:
        after: Any = self.next
        after.start, after.char, after.end = (
            self.literal_element_start,
            self.literal_element_char,
            self.literal_element_end,
        )
        self.current.object = ""

    def literal_element_char(self, data: str) -> None:
        self.current.object += data

    def literal_element_end(self, name: Any, qname: Any) -> None:
        self.parent.object += self.current.object


class _TriX(_Joined, TriXHandler):
    """TriX; it would make a graph with some dozens of namespaces for each name of one."""

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802
        self.graph: Any = self.store
        super().startElementNS(name, qname, attrs)

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802
        if self.state == 3 and name[1] in _NAMED:
            self._pieces.clear()
            self.state = 2
            return
        self.datatype = None
        super().endElementNS(name, qname)
