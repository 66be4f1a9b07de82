"""OBO ontologies, read by fastobo (the extra `obo`).

Terms are entities: `name` is the label, synonyms of every scope are aliases, `is_a` and `relationship` lines are
triples. So are the parts of a definition, as for OWL: `intersection_of: REL TARGET` reads (C, REL, TARGET), and
`intersection_of: TARGET` reads (C, is_a, TARGET). The `namespace` that a term states is its type, such as the three of
the Gene Ontology; the default of a file, which would be the type of everything, is none. Obsolete terms, typedefs (but
for the names of relations), instances, cross-references and edges to terms that are not in the file are left out. The
licence is what the header says of one, in a remark or a property value.
"""

import io
import re
from pathlib import Path
from typing import Any

from kgattn.errors import GraphError
from kgattn.graph.build import GraphBuilder
from kgattn.graph.knowledge_graph import KnowledgeGraph
from kgattn.graph.naming import clean_text
from kgattn.graph.packed import READ_ERRORS, open_plain

_READ = re.compile(
    rb"(id|name|synonym|is_a|relationship|intersection_of|is_obsolete)(?=[:\s])|namespace:\s*\S+\s*([!{].*)?$"
)
_READ_ELSEWHERE = re.compile(rb"(id|name)(?=[:\s])")
_PROPERTY_LICENCE = re.compile(
    r'^property_value:\s*\S*(?:license|rights)\s+"?([^"\s][^"\n]*?)"?(?:\s+xsd:\w+)?\s*$', re.M
)
_REMARK = re.compile(r"^remark:(.*)$", re.MULTILINE)
_OF_LICENCE = re.compile(r"licen[cs]e|copyright|public domain|\bCC0\b|\bCC[ -]BY\b", re.IGNORECASE)
_UNSCOPED = re.compile(rb'(synonym:\s*"[^"\\]*(?:\\.[^"\\]*)*")\s*(?=\[)')
"""What OBO 1.2 allows, and means RELATED by."""
_LONGEST = 1 << 16
"""Bytes of a line whose scope is looked for; that takes many times its memory."""


def graph_from_obo(path: Path) -> KnowledgeGraph:
    """Read an OBO file.

    Raises:
        GraphError: fastobo is not installed, the file is broken (names the line) or has no term.
    """
    try:
        import fastobo
    except ImportError:
        raise GraphError(f"{path}: reading OBO needs fastobo; pip install 'kgattn[obo]'") from None
    try:
        with open_plain(path) as file:
            raw = file.readlines()
        document = fastobo.load(io.BytesIO(_lines_read(raw, path)))
    except GraphError:
        raise
    except SyntaxError as error:
        raise GraphError(f"{path}:{error.lineno}: broken OBO ({error.msg}); repair the line") from None
    except (ValueError, *READ_ERRORS) as error:
        raise GraphError(f"{path}: cannot be read ({error}); check the file") from None

    frames = list(document)
    terms = [frame for frame in frames if isinstance(frame, fastobo.term.TermFrame) and not _is_obsolete(frame)]
    builder = GraphBuilder()
    for frame in terms:
        _add_entity(builder, frame)
    for frame in terms:
        for relation, target in _edges(frame):
            if target in builder:
                builder.add_triple(str(frame.id), relation, target)
    for frame in frames:
        if isinstance(frame, fastobo.typedef.TypedefFrame):
            for clause in frame:
                if clause.raw_tag() == "name":
                    builder.name_relation(str(frame.id), clause.name)
    return builder.build(label_sources="name lines", origin=str(path), licence=_licence(raw), sources=(path.name,))


def _licence(lines: list[bytes]) -> str:
    """What the lines before the first stanza say about terms of use."""
    start = next((number for number, line in enumerate(lines) if line.startswith(b"[")), len(lines))
    header = b"".join(lines[:start]).decode("utf-8", "replace")
    stated = [match[1] for match in _PROPERTY_LICENCE.finditer(header)]
    remarks = [match[1] for match in _REMARK.finditer(header) if _OF_LICENCE.search(match[1])]
    return "; ".join(dict.fromkeys(map(clean_text, [*stated, *remarks])))


def _lines_read(raw: list[bytes], path: Path) -> bytes:
    """The file with every line blanked that is not used, and the references of synonyms dropped.

    Published ontologies break the OBO syntax there, in free text and references, which must not cost the rest; line
    numbers stay as they are. Of relations and instances the names are used.
    """
    lines, read = [], _READ_ELSEWHERE
    for number, line in enumerate(raw, start=1):
        if line.startswith(b"["):
            read = _READ if line.startswith(b"[Term]") else _READ_ELSEWHERE
        if line.startswith(b"synonym") and read is _READ:
            lines.append(_with_scope(_without_references(line)))
        else:
            lines.append(line if line.startswith(b"[") or read.match(line) else b"\n")
        try:
            lines[-1].decode("utf-8")
        except UnicodeDecodeError as error:
            raise GraphError(f"{path}:{number}: expected UTF-8, got {error.reason}; convert the file") from None
    return b"".join(lines)


def _without_references(line: bytes) -> bytes:
    """A line that ends in `[...]` with nothing there; not where a quote is in it, which may hold the brackets."""
    ended = line.rstrip()
    if not ended.endswith(b"]"):
        return line
    after = max(ended.rfind(b"]", 0, -1), ended.rfind(b'"'))
    start = ended.find(b"[", after + 1)
    return line if start < 0 else ended[:start] + b"[]\n"


def _with_scope(line: bytes) -> bytes:
    return _UNSCOPED.sub(rb"\1 RELATED ", line) if len(line) < _LONGEST else line


def _is_obsolete(frame: Any) -> bool:
    return any(clause.raw_tag() == "is_obsolete" and clause.obsolete for clause in frame)


def _add_entity(builder: GraphBuilder, frame: Any) -> None:
    entity_id = str(frame.id)
    builder.add_entity(entity_id)
    for clause in frame:
        if clause.raw_tag() == "name":
            builder.add_label(entity_id, clause.name)
        elif clause.raw_tag() == "synonym":
            builder.add_alias(entity_id, clause.synonym.desc)
        elif clause.raw_tag() == "namespace":
            builder.add_type(entity_id, str(clause.namespace))


def _edges(frame: Any) -> list[tuple[str, str]]:
    edges = []
    for clause in frame:
        if clause.raw_tag() == "is_a":
            edges.append(("is_a", str(clause.term)))
        elif clause.raw_tag() == "relationship":
            edges.append((str(clause.typedef), str(clause.term)))
        elif clause.raw_tag() == "intersection_of":
            edges.append(("is_a" if clause.typedef is None else str(clause.typedef), str(clause.term)))
    return edges
