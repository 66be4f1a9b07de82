"""The knowledge graph: entities with labels, aliases and types, the triples between them, and where they come from."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.context import get_spawning_popen
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgattn.graph.constructors import GraphConstructors
from kgattn.graph.content import GraphContent

if TYPE_CHECKING:
    import networkx
    import rdflib
    from torch_geometric.data import Data

    from kgattn.graph.rules import Rule


@dataclass(frozen=True, eq=False, repr=False)
class KnowledgeGraph(GraphConstructors, GraphContent):
    """A graph of entities, built by `load` or a `from_...` constructor and never changed afterwards.

    What it holds is described in `kgattn.graph.content.GraphContent`, where it comes from in
    `kgattn.graph.constructors.GraphConstructors`.
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

    def with_triples(self, triples: Iterable[Sequence[str]]) -> "KnowledgeGraph":
        """A graph that says these triples too; this one stays as it is, and both share what is the same in them.

        A model takes the new graph up with `model.kgattn.swap_graph(graph)`.

        Args:
            triples: (head id, relation id, tail id) of known entities. A new relation reads as its id does.

        Raises:
            GraphError: A triple is not three strings, or names an entity that is not there.
        """
        from kgattn.graph.edit import with_triples

        return with_triples(self, triples)

    def with_entity(
        self,
        entity_id: str,
        *,
        label: str | None = None,
        aliases: str | Collection[str] = (),
        types: str | Collection[str] = (),
        features: Sequence[float] | np.ndarray | None = None,
    ) -> "KnowledgeGraph":
        """A graph with one more entity, or with more known about one; this one stays as it is.

        A new entity gets the last row, so that all others keep theirs. A model takes the new graph up, and links by
        it, with `model.kgattn.swap_graph(graph)`.

        Args:
            entity_id: Its id.
            label: Needed for a new entity; that of a known one it replaces, and the old one becomes an alias.
            aliases: Further forms, beside those known.
            types: Further type ids. A new type reads as its id does.
            features: Its vector; left out, that of a new entity is zero.

        Raises:
            GraphError: A new entity has no label, a text is no string, or `features` does not fit those of the graph.
        """
        from kgattn.graph.edit import with_entity

        return with_entity(self, entity_id, label=label, aliases=aliases, types=types, features=features)

    def derive(
        self, rules: "Sequence[Rule]", *, rounds: int = 1, limit: int = 1_000_000, time_limit: float = 60.0
    ) -> "KnowledgeGraph":
        """A graph with the triples that CONSTRUCT rules add; entities keep their rows, so links stay valid.

        A derived triple joins two entities by a relation, or gives one a type (`a`). `sources` notes how many each rule
        added.

        Args:
            rules: From `kgattn.read_rules`.
            rounds: How often all rules are run, each over what the ones before derived; it ends early when nothing new
                comes. 1 is one pass; more let rules feed one another, up to a fixed point.
            limit: Most triples to derive.
            time_limit: Seconds for the queries, which run in a process of their own.

        Raises:
            RuleError: A rule is no CONSTRUCT rule, derives what is neither of these, or exceeds a limit.
        """
        from kgattn.graph.rule_engine import derive

        return derive(self, rules, rounds=rounds, limit=limit, time_limit=time_limit)

    def with_ancestors(self, depth: int) -> "KnowledgeGraph":
        """A graph in which what an entity is under, up to `depth` steps, counts among its types.

        Steps go along rdfs:subClassOf, skos:broader, OBO's is_a and Wikidata's wdt:P279, and against skos:narrower,
        from the entity itself and from its types. Entities keep their rows.

        Args:
            depth: Steps to go up, at least 1. Few are enough: near the root everything is alike.

        Raises:
            GraphError: `depth` is below 1, or the graph has no hierarchy.
        """
        from kgattn.graph.ancestors import with_ancestors

        return with_ancestors(self, depth)

    def with_inferred_types(self, threshold: float = 0.5) -> "KnowledgeGraph":
        """A graph in which entities without types have those that their relations suggest (SDType).

        Each relation an entity takes part in, as head or as tail, votes with the share of every type among the typed
        entities that do so too (Paulheim and Bizer 2013, "Type Inference on Noisy RDF Data"). Entities with types keep
        just these, and all keep their rows. The shares are held as a table of 2 x relations x types float64 numbers.

        Args:
            threshold: Weighted share of the votes a type must have, in (0, 1]; a higher one gives fewer types that are
                surer.

        Raises:
            GraphError: `threshold` is out of range, or no entity has a type.
        """
        from kgattn.graph.type_inference import with_inferred_types

        return with_inferred_types(self, threshold)

    def to_rdf(self) -> "rdflib.Graph":
        """As rdflib graph: rdfs:label, skos:altLabel, rdf:type and one statement a triple.

        Features and priors of names are left out. An id that is no IRI becomes one under `urn:kgattn:`, which
        `from_rdf` turns back.
        """
        from kgattn.graph.rdf import graph_to_rdf

        return graph_to_rdf(self)

    def to_networkx(self) -> "networkx.MultiDiGraph":
        """As networkx graph: entity ids as nodes, relation ids as edge keys, the rest as attributes.

        Several aliases or types are one string, joined by `|` (a JSON list where a text holds a `|`), so that networkx
        can write the graph as GraphML or GEXF, and count and compare by them. Features stay arrays, which those formats
        do not hold: write `dataclasses.replace(graph, features=None).to_networkx()`.
        """
        from kgattn.graph.networkx_io import graph_to_networkx

        return graph_to_networkx(self)

    def to_pyg(self) -> "Data":
        """As PyG `Data`: `edge_index`, `edge_type`, `x` if there are features, texts and `name_priors` as lists."""
        from kgattn.graph.pyg import graph_to_pyg

        return graph_to_pyg(self)
