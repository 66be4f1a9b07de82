"""The knowledge graph: entities with labels, aliases and types, the triples between them, and where they come from."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import get_spawning_popen
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgattn.graph.content import GraphContent

if TYPE_CHECKING:
    import networkx
    import rdflib
    from torch_geometric.data import Data, HeteroData


@dataclass(frozen=True, eq=False, repr=False)
class KnowledgeGraph(GraphContent):
    """A graph of entities, built by `load` or a `from_...` constructor and never changed afterwards.

    What it holds is described in `kgattn.graph.content.GraphContent`.
    """

    def __copy__(self) -> "KnowledgeGraph":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "KnowledgeGraph":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry the arrays, without caches; a process being spawned on this machine maps the saved folder instead."""
        if self.path is not None and get_spawning_popen() is not None:
            from kgattn.graph.storage import holds_graph, reopen_graph

            if holds_graph(self.path, self):
                return reopen_graph, (self.path, self.fingerprint)
        return KnowledgeGraph, tuple(getattr(self, field.name) for field in dataclasses.fields(self))

    @classmethod
    def load(cls, path: str | Path, *, language: str = "en") -> "KnowledgeGraph":
        """Read a graph folder, a folder of TSV tables, or one file in a format named by its suffix.

        Args:
            path: A folder written by `save` (opened memory-mapped); a folder of tables, see `kgattn.graph.tables`; or a
                file, plain or packed (.gz .bz2 .xz): RDF (.ttl .nt .nq .trig .n3 .rdf .owl .xml .trix .jsonld), .obo,
                .graphml, .gexf, or triples (.tsv .csv).
            language: Language tag of the labels and aliases to take from RDF; `"xx"` takes those of every language.

        Raises:
            GraphError: Nothing readable is there, or it is malformed; names the file and, where it has one, the line.
        """
        from kgattn.graph.sources import load_graph

        return load_graph(path, language=language)

    def save(self, folder: str | Path) -> None:
        """Write a graph folder: all of it or, after an error, nothing.

        Args:
            folder: New, empty, or a graph folder that is to be replaced.

        Raises:
            GraphError: `folder` holds something other than a graph.
            StorageError: Writing failed; what was there before is untouched.
        """
        from kgattn.graph.storage import save_graph

        saved = save_graph(self, Path(folder))
        if self.path is None or not self.path.is_dir():
            object.__setattr__(self, "path", saved)

    @classmethod
    def from_triples(
        cls,
        triples: Iterable[Sequence[str]],
        *,
        labels: Mapping[str, str | Collection[str]] | None = None,
        aliases: Mapping[str, str | Collection[str]] | None = None,
        types: Mapping[str, str | Collection[str]] | None = None,
        features: np.ndarray | Mapping[str, Sequence[float] | np.ndarray] | None = None,
        relation_labels: Mapping[str, str] | None = None,
        type_labels: Mapping[str, str] | None = None,
        licence: str = "",
        sources: Sequence[str] = (),
    ) -> "KnowledgeGraph":
        """Build a graph from plain Python values.

        Args:
            triples: (head id, relation id, tail id).
            labels: Entity id to label, or to a list of label and aliases: the list of entities, in row order. Left out,
                an id is its own label.
            aliases: Entity id to one or several other forms, in any collection; those of a set are sorted.
            types: Entity id to one or several type ids.
            features: Vectors as an array [entity, dim] in row order, or entity id to vector, for every entity.
            relation_labels: How relations read; the rest is derived from the id: `"capitalOf"` reads "capital of".
            type_labels: How types read; the rest is derived in the same way.
            licence: Terms the content comes under.
            sources: Where the content came from.

        Raises:
            GraphError: No entity; a triple that is not three strings or names an entity not in `labels`; IRIs without
                any label; an empty label; features that do not fit.
        """
        from kgattn.graph.triples import graph_from_triples

        return graph_from_triples(
            triples,
            labels=labels,
            aliases=aliases,
            types=types,
            features=features,
            relation_labels=relation_labels,
            type_labels=type_labels,
            licence=licence,
            sources=tuple(sources),
        )

    @classmethod
    def merge(cls, graphs: Sequence["KnowledgeGraph"]) -> "KnowledgeGraph":
        """Unite graphs, entity by entity id.

        The first graph that has a label for an entity names it, where a label that is no more than the id as text
        gives way to any other; labels it has elsewhere become aliases. Blank nodes of different graphs stay apart:
        `_:b0` of a later graph may become `_:b0x2`. Where only some graphs have features, the entities of the others
        get zeros.

        Raises:
            GraphError: No graph is given, or their features differ in width.
        """
        from kgattn.graph.merge import merge_graphs

        return merge_graphs(graphs)

    @classmethod
    def from_rdf(cls, graph: "rdflib.Graph", *, language: str = "en") -> "KnowledgeGraph":
        """Take over an rdflib graph; `kgattn.graph.statements` says what becomes of each statement, and of languages.

        Of an rdflib Dataset or ConjunctiveGraph all graphs are read, named ones too, as one.

        Raises:
            GraphError: The graph is empty or has no label at all.
        """
        from kgattn.graph.rdf import graph_from_rdf

        return graph_from_rdf(graph, language=language)

    def to_rdf(self) -> "rdflib.Graph":
        """As rdflib graph: rdfs:label, skos:altLabel, rdf:type and one statement a triple; features are left out.

        An id that is no IRI becomes one under `urn:kgattn:`, which `from_rdf` turns back.
        """
        from kgattn.graph.rdf import graph_to_rdf

        return graph_to_rdf(self)

    @classmethod
    def from_networkx(cls, graph: "networkx.Graph") -> "KnowledgeGraph":
        """Take over a networkx graph of any kind.

        Node attributes read: `label` (or `name`), `aliases`, `types` (or `type`), `type_labels` (how the types read),
        `features`; several texts are in any collection (those of a set are sorted) or in one string, joined by `|` or
        as a JSON list. The relation of an edge is its
        attribute `relation`, `predicate`, `label` or `type`, else its textual key, else "related to". An undirected
        edge is one triple, as stored.

        Raises:
            GraphError: No node, two nodes with the same text as id, or IRIs without any label.
        """
        from kgattn.graph.networkx_io import graph_from_networkx

        return graph_from_networkx(graph)

    def to_networkx(self) -> "networkx.MultiDiGraph":
        """As networkx graph: entity ids as nodes, relation ids as edge keys, the rest as attributes.

        Several aliases or types are one string, joined by `|` (a JSON list where a text holds a `|`), so that networkx
        can write the graph as GraphML or GEXF, and count and compare by them. Features stay arrays, which those formats
        do not hold: write `dataclasses.replace(graph, features=None).to_networkx()`.
        """
        from kgattn.graph.networkx_io import graph_to_networkx

        return graph_to_networkx(self)

    @classmethod
    def from_pyg(
        cls,
        data: "Data | HeteroData",
        *,
        labels: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        entity_ids: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        relations: Sequence[str] | None = None,
    ) -> "KnowledgeGraph":
        """Take over a PyG graph.

        Args:
            data: `Data` with `edge_index` and, for several relations, `edge_type`; or `HeteroData`, whose node and edge
                types become entity types and relations. `x`, if every node has it in one width, becomes features.
            labels: In row order, per node type for `HeteroData`; left out, `data.label`.
            entity_ids: In the same form; left out, `data.entity_id`, else row numbers.
            relations: Names by `edge_type`; left out, `data.relation_id`, else "relation 0", "relation 1", ...

        Raises:
            GraphError: No labels, or a length that does not fit.
        """
        from kgattn.graph.pyg import graph_from_pyg

        return graph_from_pyg(data, labels=labels, entity_ids=entity_ids, relations=relations)

    def to_pyg(self) -> "Data":
        """As PyG `Data`: `edge_index`, `edge_type`, `x` if there are features, and the texts as lists."""
        from kgattn.graph.pyg import graph_to_pyg

        return graph_to_pyg(self)
