"""What hostile XML and JSON-LD files may not do: expand without end, or reach for other files and the network."""

import re
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any
from xml.parsers import expat

from kgattn.errors import GraphError

MAX_EXPANSION = 4096
MAX_TOTAL = 1 << 20
MAX_GROWTH = 16
MAX_DEPTH = 100
MAX_XML_DEPTH = 1000
ALWAYS_ALLOWED = 100_000
COPIED = 100
"""Terms that are copied in the time in which one is read."""
_REFERENCE = re.compile(r"&([^#;\s][^;\s]*);")
_BYTE_REFERENCE = re.compile(rb"&([^#;&<\s][^;&<\s]*);")
_HUGE_NUMBER = re.compile(r"\s*[+-]?[0-9.]+[eE][+-]?[0-9]{4,}\s*")
_BLOCK = 1 << 16
_TEXT_KEYWORDS = ("@id", "@language", "@base", "@vocab", "@index")


def check_xml(file: BufferedIOBase, path: Path) -> bool:
    """Refuse a document that expands without measure, asks for other files, or is nested too deep for some parsers.

    The prefix entities of OWL files pass. What is malformed is left to the parser that comes after. The file is read
    from where it stands, and stands there again afterwards.

    Returns:
        Whether the document is well-formed. If not, only the part before the fault was looked at, so that none but
        expat, which stops there too, may read it.

    Raises:
        GraphError: An entity is external, a parameter entity, circular, or expands to more than 4096 characters; all
            references together expand to more than 1 MiB and 16 times the document; the nesting exceeds 1000 levels.
    """
    start = file.tell()
    sizes = _entity_sizes(file, path)
    file.seek(start)
    if any(size > 1 for size in sizes.values()):
        _check_references(file, path, sizes)
        file.seek(start)
    well_formed = _check_nesting(file, path)
    file.seek(start)
    return well_formed


class _Prolog(Exception):  # noqa: N818 - a signal, not an error
    """The first element begins: the declarations are over."""


def _entity_sizes(file: BufferedIOBase, path: Path) -> dict[str, int]:
    """The entities a document declares, with the characters each expands to."""
    entities: dict[str, str] = {}

    def declare(name: str, is_parameter: int, value: str | None, *_: Any) -> None:
        if is_parameter or value is None:
            raise GraphError(
                f"{path}:{parser.CurrentLineNumber}: external and parameter entities are refused, got {name!r}; "
                "remove the declaration"
            )
        entities.setdefault(name, value)

    def begin(*_: Any) -> None:
        raise _Prolog

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = declare
    parser.StartElementHandler = begin
    _parse(parser, file)
    sizes: dict[str, int] = {}
    for name in entities:
        if _expanded_size(name, entities, sizes, ()) > MAX_EXPANSION:
            raise GraphError(
                f"{path}: entities may expand to {MAX_EXPANSION} characters, got more in {name!r}; "
                "write the text out instead"
            )
    return sizes


def _check_references(file: BufferedIOBase, path: Path, sizes: dict[str, int]) -> None:
    """Count what all references expand to, also where a wide encoding puts zeros between the letters."""
    read = expanded = 0
    rest = b""
    while block := file.read(_BLOCK):
        read += len(block)
        text = (rest + block).replace(b"\0", b"")
        for name in _BYTE_REFERENCE.findall(text):
            expanded += sizes.get(name.decode("utf-8", "replace"), 0)
        if expanded > max(MAX_TOTAL, MAX_GROWTH * read):
            raise GraphError(
                f"{path}: entities may make a document {MAX_GROWTH} times as long, got more; write the text out instead"
            )
        cut = text.rfind(b"&")
        rest = text[cut:] if cut >= 0 and b";" not in text[cut:] and len(text) - cut < MAX_EXPANSION else b""


def _check_nesting(file: BufferedIOBase, path: Path) -> bool:
    depth = 0

    def begin(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH:
            raise GraphError(
                f"{path}:{parser.CurrentLineNumber}: XML may be nested {MAX_XML_DEPTH} levels deep, got more; "
                "flatten the document"
            )

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    return _parse(parser, file)


def _parse(parser: expat.XMLParserType, file: BufferedIOBase) -> bool:
    """Let the handlers see a document as far as it is well-formed; tell whether they saw all of it."""
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block)
        parser.Parse(b"", True)
    except GraphError:
        raise
    except (_Prolog, expat.ExpatError, ValueError, LookupError):  # the latter two over an odd encoding
        return False
    return True


def check_json_ld(document: Any, path: Path) -> None:
    """Refuse a document that names a context by address instead of holding it, is nested too deep, or no JSON-LD.

    Also one with large contexts inside of it, as rdflib reads that of a term or a type again wherever it is used.

    Raises:
        GraphError: A context is remote, the nesting exceeds 100 levels, a number has a vast exponent, a keyword holds
            what it may not, or contexts would be read again for 100,000 terms and 16 for each value.
    """
    scoped: dict[str, int] = {}
    values = terms = inner = 0
    pending: list[tuple[Any, int, bool]] = [(document, 1, False)]
    while pending:
        node, depth, in_context = pending.pop()
        values += 1
        if depth > MAX_DEPTH:
            raise GraphError(f"{path}: JSON may be nested {MAX_DEPTH} levels deep, got more; flatten the document")
        if isinstance(node, str) and _HUGE_NUMBER.fullmatch(node):  # rdflib would write it out
            raise GraphError(f"{path}: numbers may have exponents of three digits, got {node!r:.40}; repair the file")
        if isinstance(node, list):
            pending += [(item, depth + 1, in_context) for item in node]
        elif isinstance(node, dict):
            terms += in_context * len(node)
            inner += not in_context and "@context" in node
            for key, value in node.items():
                if key in ("@context", "@import"):
                    _check_context(value, path)
                _check_keyword(key, value, path)
                if in_context and isinstance(value, dict) and "@context" in value:
                    scoped[key] = max(scoped.get(key, 0), _num_terms(value["@context"]))
                pending.append((value, depth + 1, in_context or key == "@context"))
    uses = [scoped[text] for text in _texts(document) if text in scoped] if scoped else []
    limit = max(ALWAYS_ALLOWED, MAX_GROWTH * values)
    if sum(uses) + (len(uses) + inner) * (1 + terms // COPIED) > limit:
        raise GraphError(
            f"{path}: contexts inside of others and of nodes may make for {limit:,} terms, counted at each use, got "
            "more; define the terms in one context at the top"
        )


def _num_terms(context: Any) -> int:
    """Terms that are read of a context: not those of the contexts of its terms."""
    if isinstance(context, list):
        return sum(map(_num_terms, context))
    return len(context) + _num_terms(context.get("@context")) if isinstance(context, dict) else 0


def _texts(document: Any) -> Iterator[str]:
    """Keys and texts outside of contexts: each may be a term with a context of its own."""
    pending = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            for key, value in node.items():
                if key != "@context":
                    yield key
                    pending.append(value)


def _check_keyword(key: str, value: Any, path: Path) -> None:
    if key in _TEXT_KEYWORDS and not (value is None or isinstance(value, str)):
        wanted = "text"
    elif key == "@type" and isinstance(value, bool | int | float):
        wanted = "text or a list of texts"
    elif key == "@context" and not (value is None or isinstance(value, dict | list)):
        wanted = "an object"
    else:
        return
    raise GraphError(f"{path}: broken RDF ({key} must be {wanted}, got {value!r:.40}); repair the file")


def _check_context(value: Any, path: Path) -> None:
    if isinstance(value, list):
        for item in value:
            _check_context(item, path)
    elif isinstance(value, str):
        raise GraphError(
            f"{path}: contexts are not fetched, got the address {value!r}; write the context into the document"
        )


def _expanded_size(name: str, entities: dict[str, str], sizes: dict[str, int], outer: tuple[str, ...]) -> int:
    """Characters of an entity once all it refers to is put in; more than the limit if that never ends."""
    if name in sizes:
        return sizes[name]
    if name in outer or len(outer) > MAX_DEPTH:
        return MAX_EXPANSION + 1
    value = entities.get(name, "")
    size = len(value)
    for inner in _REFERENCE.findall(value):
        size += _expanded_size(inner, entities, sizes, (*outer, name))
        if size > MAX_EXPANSION:
            break
    sizes[name] = size
    return size
