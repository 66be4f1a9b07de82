"""The knowledge graph: entities with labels, aliases and types, and the triples between them."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.context import get_spawning_popen
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.adjacency import Adjacency, PairIndex, build_adjacency, build_pair_index
from kgattn.graph.fingerprint import graph_fingerprint
from kgattn.graph.strings import StringTable
from kgattn.shapes import Float, Int

if TYPE_CHECKING:
    import networkx
    import rdflib
    from torch_geometric.data import Data, HeteroData


@dataclass(frozen=True, eq=False, repr=False)
class KnowledgeGraph:
    """Entities, relations, types and triples in row-aligned, read-only arrays.

    Built by `load` and the `from_...` constructors, never changed afterwards. Rows follow the order of the source;
    nothing that is learned or sampled depends on them, so two graphs with the same `fingerprint` are
    interchangeable.

    Attributes:
        entity_ids: Name of each entity in its source, such as `"Q42"`; unique.
        labels: The form each entity is best known by; never empty.
        alias_offsets: Aliases of entity e are `alias_texts[alias_offsets[e] : alias_offsets[e + 1]]`.
        alias_texts: Other forms, without the label, no form twice for one entity.
        type_offsets: Types of entity e are `type_indices[type_offsets[e] : type_offsets[e + 1]]`.
        type_indices: Rows of `type_ids`, in [0, num_types).
        relation_ids: Name of each relation; unique, each used by a triple.
        relation_labels: How each relation reads, such as `"capital of"`.
        type_ids: Name of each type; unique, each used by an entity.
        type_labels: How each type reads.
        triples: Rows of head, relation and tail; unique, sorted.
        features: Given entity vectors, or None.
        licence: Terms the content comes under, as given by the source.
        sources: Where the content came from.
        path: Graph folder it was loaded from or last saved to.
    """

    entity_ids: StringTable
    labels: StringTable
    alias_offsets: Int[np.ndarray, " entity_plus_one"]
    alias_texts: StringTable
    type_offsets: Int[np.ndarray, " entity_plus_one"]
    type_indices: Int[np.ndarray, " entity_type"]
    relation_ids: StringTable
    relation_labels: StringTable
    type_ids: StringTable
    type_labels: StringTable
    triples: Int[np.ndarray, "triple 3"]
    features: Float[np.ndarray, "entity dim"] | None = None
    licence: str = ""
    sources: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def num_entities(self) -> int:
        """Entities, with and without triples."""
        return len(self.entity_ids)

    @property
    def num_relations(self) -> int:
        """Distinct relations; a sampled subgraph has twice as many edge types."""
        return len(self.relation_ids)

    @property
    def num_triples(self) -> int:
        """Distinct triples."""
        return len(self.triples)

    @property
    def num_types(self) -> int:
        """Distinct entity types."""
        return len(self.type_ids)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, in hex; the same however rows, triples and aliases are ordered."""
        return graph_fingerprint(self)

    @cached_property
    def adjacency(self) -> Adjacency:
        """Incoming edges of every entity, in the order `sample_subgraph` takes them."""
        return build_adjacency(self.triples, self.entity_ids, self.relation_ids)

    @cached_property
    def pair_index(self) -> PairIndex:
        """Triples by their pair of entities, for `pair_relations`."""
        return build_pair_index(self.triples, self.num_entities)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {entity_id: row for row, entity_id in enumerate(self.entity_ids)}

    def __contains__(self, entity_id: object) -> bool:
        return entity_id in self._rows

    def __repr__(self) -> str:
        return (
            f"KnowledgeGraph({self.num_entities} entities, {self.num_relations} relations, "
            f"{self.num_triples} triples, {self.num_types} types)"
        )

    def entity_index(self, entity_id: str) -> int:
        """The row of an entity, in [0, num_entities).

        Raises:
            GraphError: The graph has no such entity.
        """
        row = self._rows.get(entity_id)
        if row is None:
            raise GraphError(
                f"expected the id of one of the graph's {self.num_entities} entities, got {entity_id!r}; "
                "ids are listed in graph.entity_ids"
            )
        return row

    def label(self, entity_id: str) -> str:
        """The form an entity is best known by."""
        return self.labels[self.entity_index(entity_id)]

    def aliases(self, entity_id: str) -> list[str]:
        """The other forms of an entity, in the order given."""
        row = self.entity_index(entity_id)
        return self.alias_texts[int(self.alias_offsets[row]) : int(self.alias_offsets[row + 1])]

    def types(self, entity_id: str) -> list[str]:
        """The type ids of an entity, in the order given."""
        row = self.entity_index(entity_id)
        indices = self.type_indices[self.type_offsets[row] : self.type_offsets[row + 1]]
        return [self.type_ids[int(index)] for index in indices]

    def __copy__(self) -> "KnowledgeGraph":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "KnowledgeGraph":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry the arrays, without caches; a process being spawned on this machine maps the saved folder instead."""
        if self.path is not None and get_spawning_popen() is not None:
            from kgattn.graph.storage import holds_graph, reopen_graph

            if holds_graph(self.path, self.fingerprint):
                return reopen_graph, (self.path, self.fingerprint)
        return KnowledgeGraph, tuple(getattr(self, field.name) for field in dataclasses.fields(self))

    @classmethod
    def load(cls, path: str | Path, *, language: str = "en") -> "KnowledgeGraph":
        """Read a graph folder, a folder of TSV tables, or one file in a format named by its suffix.

        Args:
            path: A folder written by `save` (opened memory-mapped); a folder with `entities.tsv` and, if there are any,
                `labels.tsv`, `triples.tsv`, `relations.tsv`, `types.tsv`; or a file: RDF (.ttl .nt .rdf .owl .xml
                .jsonld), .obo, .graphml, .gexf, triples (.tsv .csv); any of these files may be gzipped (.gz).
            language: Language tag of the labels and aliases to take from RDF.

        Raises:
            GraphError: Nothing readable is there, or it is malformed; names the file and, where it has one, the line.
        """
        from kgattn.graph.sources import load_graph

        return load_graph(Path(path), language=language)

    def save(self, folder: str | Path) -> None:
        """Write a graph folder: all of it or, after an error, nothing.

        Args:
            folder: New, empty, or a graph folder that is to be replaced.

        Raises:
            GraphError: `folder` holds something other than a graph.
            StorageError: Writing failed; what was there before is untouched.
        """
        from kgattn.graph.storage import save_graph

        object.__setattr__(self, "path", save_graph(self, Path(folder)))

    @classmethod
    def from_triples(
        cls,
        triples: Iterable[Sequence[str]],
        *,
        labels: Mapping[str, str | Sequence[str]] | None = None,
        aliases: Mapping[str, str | Sequence[str]] | None = None,
        types: Mapping[str, str | Sequence[str]] | None = None,
        features: np.ndarray | Mapping[str, Sequence[float] | np.ndarray] | None = None,
        relation_labels: Mapping[str, str] | None = None,
        type_labels: Mapping[str, str] | None = None,
        licence: str = "",
        sources: Sequence[str] = (),
    ) -> "KnowledgeGraph":
        """Build a graph from plain Python values.

        Args:
            triples: (head id, relation id, tail id).
            labels: Entity id to label, or to a list of the label and further aliases. When given it lists the entities,
                in row order; when not, an id is its own label.
            aliases: Entity id to one or several other forms.
            types: Entity id to one or several type ids.
            features: Vectors as an array [entity, dim] in row order, or entity id to vector, for every entity.
            relation_labels: How relations read; left out, derived from the id: `"capitalOf"` reads "capital of".
            type_labels: How types read; left out, derived from the id in the same way.
            licence: Terms the content comes under.
            sources: Where the content came from.

        Raises:
            GraphError: No entity; a triple that is not three strings or names an entity not in `labels`; an IRI
                without any label; an empty label; features that do not fit.
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

        The first graph that knows an entity names it; labels it has elsewhere become aliases. Where only
        some graphs have features, the entities of the others get zeros.

        Raises:
            GraphError: No graph is given, or their features differ in width.
        """
        from kgattn.graph.merge import merge_graphs

        return merge_graphs(graphs)

    @classmethod
    def from_rdf(cls, graph: "rdflib.Graph", *, language: str = "en") -> "KnowledgeGraph":
        """Take over an rdflib graph; `kgattn.graph.rdf` says what becomes of each statement.

        Args:
            graph: Statements; left as it is.
            language: Language tag of the labels and aliases to take.

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

        Node attributes read: `label` (or `name`), `aliases`, `types` (or `type`), `features`; lists may be
        one string joined by `|`. The relation of an edge is its attribute `relation`, `predicate`, `label`
        or `type`, else a textual edge key, else "related to". An undirected edge is one triple, as stored.

        Raises:
            GraphError: No node, two nodes with the same text as id, or IRIs without any label.
        """
        from kgattn.graph.networkx_io import graph_from_networkx

        return graph_from_networkx(graph)

    def to_networkx(self) -> "networkx.MultiDiGraph":
        """As networkx graph: entity ids as nodes, relation ids as edge keys, the rest as attributes."""
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
            data: `Data` with `edge_index` and, if there are several relations, `edge_type`; or `HeteroData`,
                whose node and edge types become entity types and relations. `x`, where every node has it in one
                width, becomes the features.
            labels: Labels in row order, per node type for `HeteroData`; left out, `data.label`.
            entity_ids: Ids in row order, per node type for `HeteroData`; left out, `data.entity_id`, else row numbers.
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
