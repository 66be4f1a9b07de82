"""What disambiguation needs to know of the graph, as arrays of the linker's index."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import UInt64

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.subgraph import ranges
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.config import LinkerConfig
from kgattn.linking.disambiguation.short_names import has_short_name
from kgattn.linking.disambiguation.types import allowed_entities
from kgattn.linking.disambiguation.words import LabelWords, label_words
from kgattn.linking.found import Source
from kgattn.shapes import Bool, Float, Int

PREFIX = "sense_"
MAX_NEIGHBOURS = 128  # of an entity, whose labels are words that speak for it


@dataclass(frozen=True, eq=False, repr=False)
class Senses:
    """Words and neighbours of entities. A part no setting asks for, or no mention can need, is empty.

    Attributes:
        word_keys: Hash of each word, rising.
        word_weights: How much it tells, in [0, 1].
        bag_offsets: Words that speak for entity e are `[bag_offsets[e], bag_offsets[e + 1])` of the next; only entities
            that share an alias, or have a weak variant, have any.
        bag_words: Places in `word_keys`, rising within an entity.
        link_offsets: Neighbours of entity e are `[link_offsets[e], link_offsets[e + 1])` of the next.
        link_entities: Rows of entities joined to it by a triple, in either direction, each once, rising.
        allowed: Whether the type filter lets an entity pass.
        short: Whether the last word of an entity's name may stand for it later on.
    """

    word_keys: UInt64[np.ndarray, " word"]
    word_weights: Float[np.ndarray, " word"]
    bag_offsets: Int[np.ndarray, " bag_plus_one"]
    bag_words: Int[np.ndarray, " entry"]
    link_offsets: Int[np.ndarray, " linked_plus_one"]
    link_entities: Int[np.ndarray, " link"]
    allowed: Bool[np.ndarray, " filtered"]
    short: Bool[np.ndarray, " named"]

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name, as they are in the index."""
        return {PREFIX + field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Senses":
        """Put together again from what `arrays` gave.

        Raises:
            LinkingError: One is absent, as in an index that an older version wrote.
        """
        try:
            return cls(**{field.name: arrays[PREFIX + field.name] for field in fields(cls)})
        except KeyError as error:
            raise LinkingError(f"linker index lacks {error}; delete it and build it again") from None

    @property
    def has_words(self) -> bool:
        """Whether words can speak for entities."""
        return len(self.bag_words) > 0

    @property
    def has_links(self) -> bool:
        """Whether entities can speak for one another."""
        return len(self.link_entities) > 0


def build_senses(graph: KnowledgeGraph, rows: CandidateRows, config: LinkerConfig, stop_words: Set[str]) -> Senses:
    """Collect what the settings ask for.

    Args:
        graph: The graph.
        rows: Candidates of its aliases. Where no row has two, or is weak, nobody needs words and neighbours.
        config: Linker settings.
        stop_words: Words that say nothing, folded.

    Raises:
        LinkingError: A type to filter by is none of the graph's.
    """
    size = np.diff(rows.offsets)
    shared = np.zeros(graph.num_entities, dtype=bool)
    shared[rows.entities[np.repeat((size > 1) | (rows.source == Source.WEAK), size)]] = True
    bags = _no_words() if not (shared.any() and config.context_weight) else _bags(graph, shared, stop_words)
    links = _no_rows() if not (shared.any() and config.coherence_weight) else _links(graph)
    return Senses(*bags, *links, allowed_entities(graph, config), has_short_name(graph, config))


Bags = tuple[UInt64[np.ndarray, " word"], Float[np.ndarray, " word"], np.ndarray, np.ndarray]
Rows = tuple[Int[np.ndarray, " row_plus_one"], Int[np.ndarray, " value"]]


def _no_rows() -> Rows:
    return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32)


def _no_words() -> Bags:
    return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.float32), *_no_rows()


def _bags(graph: KnowledgeGraph, shared: Bool[np.ndarray, " entity"], stop_words: Set[str]) -> Bags:
    """Words of the names and types of each shared entity, and of the labels of its neighbours."""
    words = label_words(stop_words, graph.labels)
    extra = _known_words(words, label_words(stop_words, graph.alias_texts, graph.type_labels))
    num_aliases = len(graph.alias_texts)

    entity = np.flatnonzero(shared)
    adjacency = graph.adjacency
    begin = adjacency.offsets[entity]
    count = np.minimum(adjacency.offsets[entity + 1] - begin, MAX_NEIGHBOURS)
    neighbour = adjacency.neighbours[ranges(begin, count)].astype(np.int64)
    alias_count = np.diff(graph.alias_offsets)[entity]
    alias = ranges(graph.alias_offsets[entity], alias_count)
    type_count = np.diff(graph.type_offsets)[entity]
    kind = graph.type_indices[ranges(graph.type_offsets[entity], type_count)].astype(np.int64) + num_aliases

    parts = [
        _spread(
            words.offsets,
            words.words,
            np.concatenate([entity, neighbour]),
            np.concatenate([entity, np.repeat(entity, count)]),
        ),
        _spread(
            *extra,
            np.concatenate([alias, kind]),
            np.concatenate([np.repeat(entity, alias_count), np.repeat(entity, type_count)]),
        ),
    ]
    owner, word = (np.concatenate(column) for column in zip(*parts, strict=True))
    return words.keys, words.weights, *_csr(owner, word, graph.num_entities, len(words.keys))


def _known_words(words: LabelWords, further: LabelWords) -> Rows:
    """The words of further texts as places in `words.keys`; words of no label are left out."""
    place = np.minimum(np.searchsorted(words.keys, further.keys), max(len(words.keys) - 1, 0))
    known = words.keys[place] == further.keys if len(words.keys) else np.zeros(len(place), dtype=bool)
    kept = known[further.words]
    offsets = np.concatenate([[0], np.cumsum(kept)])[further.offsets]
    return offsets, place[further.words[kept]]


def _spread(
    offsets: Int[np.ndarray, " text_plus_one"],
    words: Int[np.ndarray, " use"],
    text: Int[np.ndarray, " item"],
    owner: Int[np.ndarray, " item"],
) -> tuple[Int[np.ndarray, " entry"], Int[np.ndarray, " entry"]]:
    """Owner and word of every word of the given texts."""
    count = offsets[text + 1] - offsets[text]
    return np.repeat(owner, count), words[ranges(offsets[text], count)].astype(np.int64)


def _links(graph: KnowledgeGraph) -> Rows:
    """Neighbours of every entity, itself left out."""
    head, tail = graph.triples[:, 0].astype(np.int64), graph.triples[:, 2].astype(np.int64)
    others = head != tail
    head, tail = head[others], tail[others]
    return _csr(np.concatenate([head, tail]), np.concatenate([tail, head]), graph.num_entities, graph.num_entities)


def _csr(owner: Int[np.ndarray, " entry"], value: Int[np.ndarray, " entry"], num_owners: int, limit: int) -> Rows:
    """Sorted rows of the distinct values of each owner; values are below `limit`."""
    keys = np.unique(owner * np.int64(max(limit, 1)) + value)
    offsets = np.searchsorted(keys, np.arange(num_owners + 1) * np.int64(max(limit, 1)))
    return offsets.astype(np.int64), (keys % max(limit, 1)).astype(np.int32)
