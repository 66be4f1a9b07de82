"""What hostile XML and JSON-LD files may not do: expand without end, or reach for other files and the network."""

import re
from io import BufferedIOBase
from pathlib import Path
from typing import Any
from xml.parsers import expat

from kgattn.errors import GraphError

MAX_EXPANSION = 4096
MAX_DEPTH = 100
_REFERENCE = re.compile(r"&([^#;\s][^;\s]*);")
_BLOCK = 1 << 16
_TEXT_KEYWORDS = ("@id", "@language", "@base", "@vocab", "@index")


class _Prolog(Exception):  # noqa: N818 - a signal, not an error
    """The first element begins: the declarations are over."""


def check_xml(file: BufferedIOBase, path: Path) -> None:
    """Refuse a document type that declares more than short abbreviations.

    The prefix entities of OWL files pass. Whatever follows the declarations is left to the parser. The file is
    read from where it stands, and stands there again afterwards.

    Raises:
        GraphError: An entity is external, a parameter entity, circular, or expands to more than 4096 characters.
    """
    start = file.tell()
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
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block)
    except (_Prolog, expat.ExpatError):
        pass  # the declarations are over, or the document is malformed and its own parser says where
    file.seek(start)
    sizes: dict[str, int] = {}
    for name in entities:
        if _expanded_size(name, entities, sizes, ()) > MAX_EXPANSION:
            raise GraphError(
                f"{path}: entities may expand to {MAX_EXPANSION} characters, got more in {name!r}; "
                "write the text out instead"
            )


def check_json_ld(document: Any, path: Path) -> None:
    """Refuse a document that names a context by address instead of holding it, is nested too deep, or no JSON-LD.

    Raises:
        GraphError: A context is remote, the nesting exceeds 100 levels, or a keyword holds what it may not.
    """
    pending: list[tuple[Any, int]] = [(document, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise GraphError(f"{path}: JSON may be nested {MAX_DEPTH} levels deep, got more; flatten the document")
        if isinstance(node, list):
            pending += [(item, depth + 1) for item in node]
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in ("@context", "@import"):
                    _check_context(value, path)
                _check_keyword(key, value, path)
                pending.append((value, depth + 1))


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
    remote = next((item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)), None)
    if remote is not None:
        raise GraphError(
            f"{path}: contexts are not fetched, got the address {remote!r}; write the context into the document"
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
