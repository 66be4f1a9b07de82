"""What a builder reads out of its source, before it becomes a `KnowledgeGraph`."""

from dataclasses import dataclass, field

from kgattn.graph import KnowledgeGraph


@dataclass(frozen=True)
class Facts:
    """Plain dictionaries keyed by the identifiers of the source.

    Attributes:
        licence: Under which terms the content may be used, in words.
        sources: Where it comes from, one citation each.
        labels: Preferred name of every entity; its order is the order of the graph's entities.
        aliases: Other names of an entity.
        types: Type ids of an entity.
        triples: (head, relation, tail) ids; heads and tails have labels.
        type_labels: Name of every type.
        relation_labels: Name of every relation.
    """

    licence: str
    sources: tuple[str, ...]
    labels: dict[str, str]
    triples: list[tuple[str, str, str]]
    aliases: dict[str, list[str]] = field(default_factory=dict)
    types: dict[str, list[str]] = field(default_factory=dict)
    type_labels: dict[str, str] = field(default_factory=dict)
    relation_labels: dict[str, str] = field(default_factory=dict)

    def to_graph(self) -> KnowledgeGraph:
        """Build the graph.

        Raises:
            GraphError: There is no entity, or a triple names an entity without a label.
        """
        return KnowledgeGraph.from_triples(
            self.triples,
            labels=self.labels,
            aliases=self.aliases,
            types=self.types,
            relation_labels=self.relation_labels,
            type_labels=self.type_labels,
            licence=self.licence,
            sources=self.sources,
        )
