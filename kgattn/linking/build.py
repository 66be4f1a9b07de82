"""Building the linker's index from a graph."""

from collections.abc import Mapping, Set
from pathlib import Path

import numpy as np

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking.candidates import AliasTable, build_rows, join
from kgattn.linking.config import LinkerConfig
from kgattn.linking.decisions import index_folders, read_decisions
from kgattn.linking.disambiguation.popularity import popularity
from kgattn.linking.disambiguation.senses import build_senses
from kgattn.linking.forms import Names
from kgattn.linking.found import Source
from kgattn.linking.fuzzy_index import FuzzyIndex
from kgattn.linking.index import META_FILE, LinkIndex
from kgattn.linking.lexicon import Lexicon, read_lexicon
from kgattn.linking.ranks import ranks_of
from kgattn.linking.trie import AtomTrie
from kgattn.shapes import Float, Int

ANY_LANGUAGE = "xx"
MOST_KEPT = 300_000
"""Forms, variants among them, that an index keeps in memory for that of the next graph; some 40 bytes each."""
_LEAST_PRIOR = 1e-6  # of an entity that a source lists for a name with a prior of 0


def open_or_build(
    graph: KnowledgeGraph,
    config: LinkerConfig,
    stop_words: Set[str],
    language: str = ANY_LANGUAGE,
    folder: Path | None = None,
    decided: Mapping[str, str] | None = None,
    before: LinkIndex | None = None,
) -> LinkIndex:
    """The index of a graph: one in a folder when it fits, else a new one in memory.

    Args:
        graph: The graph.
        config: Linker settings.
        stop_words: Stop words of the language as spaCy lists them; used when `config.stop_words` is set.
        language: Language of the texts, a code as in `nlp.lang`.
        folder: Where to look, before the graph's own folder. The first of both whose `common_words.tsv` holds decisions
            of the user says what was decided.
        decided: What the user decided elsewhere, as `Lexicon.yours`; holds where neither folder says anything.
        before: As for `build_index`.

    Raises:
        LinkingError: No label or alias of the graph may be matched under these settings, or a file of words cannot be
            read, or is gone while the index beside it was built by decisions in it.
    """
    folders = index_folders(graph, folder)
    lexicon = read_lexicon(language, stop_words, config, read_decisions(folders) or decided)
    for place in folders:
        found = open_fitting(place, graph, config, lexicon)
        if found is not None:
            return found
    return build_index(graph, config, lexicon, before)


def open_fitting(folder: Path, graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon) -> LinkIndex | None:
    """The index in a folder if it is what building anew would give; None if it is absent, outdated or damaged."""
    if not (folder / META_FILE).is_file():
        return None
    try:
        index = LinkIndex.open(folder)
    except LinkingError:
        return None
    return index if index.fits(graph, config, lexicon.digest) else None


def build_index(
    graph: KnowledgeGraph, config: LinkerConfig, lexicon: Lexicon, before: LinkIndex | None = None
) -> LinkIndex:
    """Index the labels and aliases of a graph, and their variants.

    Args:
        graph: The graph.
        config: Linker settings.
        lexicon: Words of the texts' language.
        before: The index of another graph. Where both have the very same names, as after `graph.with_triples`, these
            are not read again: triples weigh candidates, but make no names.

    Raises:
        LinkingError: No label or alias of the graph may be matched under these settings.
    """
    fits = before is not None and before.names is not None and before.names.are_of(graph, config, lexicon)
    names = before.names if fits and before is not None else None
    names = names or Names.of(graph, config, lexicon)
    uses = _uses(names, graph, config)
    rows = build_rows(uses, names.num_aliases, ranks_of(graph.entity_ids), config.max_candidates)
    trie = AtomTrie(*names.trie, *rows[:5])
    fuzzy = FuzzyIndex.build(names.aliases_with_rows(rows)) if config.fuzzy else None
    senses = build_senses(graph, rows.candidates, config, lexicon.stop_words)
    return LinkIndex(
        trie=trie,
        candidates=rows.candidates,
        entity_ids=graph.entity_ids,
        config=config,
        fingerprint=graph.fingerprint,
        lexicon_digest=lexicon.digest,
        words=names.words,
        senses=senses,
        fuzzy=fuzzy,
        names=names if len(names.rule) <= MOST_KEPT else None,
    )


def _uses(names: Names, graph: KnowledgeGraph, config: LinkerConfig) -> AliasTable:
    """Every use of a form for an entity; a variant is used by all entities of the alias it comes from."""
    entity, weight, prior = _weights(graph, config)
    used = np.flatnonzero(names.form >= 0).astype(np.int32)
    by_variant, link = join(np.arange(len(used), dtype=np.int32), names.form[used], names.links.offsets)
    form = np.concatenate([names.form[used], names.links.form[link]])
    use = np.concatenate([used, used[by_variant]])
    weight, prior = weight[use], None if prior is None else prior[use]
    of_variants = slice(len(used), None)
    source = np.full(len(form), Source.ALIAS, dtype=np.int8)
    source[of_variants] = np.where(names.links.weak[link], Source.WEAK, Source.VARIANT)
    weight[of_variants] *= names.links.factor[link]
    if prior is not None:
        prior[of_variants] *= names.links.factor[link]
    return AliasTable(
        alias=names.alias[form],
        rule=names.rule[form],
        key=names.key[form],
        capital=names.capital[form],
        entity=entity[use],
        weight=weight,
        prior=prior,
        source=source,
    )


def _weights(
    graph: KnowledgeGraph, config: LinkerConfig
) -> tuple[Int[np.ndarray, " use"], Float[np.ndarray, " use"], Float[np.ndarray, " use"] | None]:
    """Of each label and then each alias its entity, its weight and the prior the graph gives, NaN where it gives none.

    The weight is that of labels or aliases times the entity's popularity. No priors at all are None.
    """
    everyone = np.arange(graph.num_entities, dtype=np.int32)
    entity = np.concatenate([everyone, np.repeat(everyone, np.diff(graph.alias_offsets))])
    weight = popularity(graph, config.prior)[entity]
    weight[: graph.num_entities] *= config.label_weight
    weight[graph.num_entities :] *= config.alias_weight
    if graph.name_priors is None:
        return entity, weight, None
    return entity, weight, np.maximum(graph.name_priors, _LEAST_PRIOR, dtype=np.float64)
