"""The linker's index: everything matching needs, as arrays that can be memory-mapped."""

import json
import os
import shutil
import tempfile
from collections.abc import Set
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from kgattn.errors import LinkingError, StorageError
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking.atoms import UPPER, Atom, atomise, first_letter, fold, tidy
from kgattn.linking.candidates import AliasTable, CandidateRows, build_rows
from kgattn.linking.config import LinkerConfig
from kgattn.linking.policy import case_rule
from kgattn.linking.trie import AtomTrie, build_edges, cased_keys
from kgattn.shapes import Float, Int

FORMAT_VERSION = 1
META_FILE = "linker_index.json"
_TRIE = tuple(field.name for field in fields(AtomTrie))
_CANDIDATES = tuple(field.name for field in fields(CandidateRows))


@dataclass(frozen=True, eq=False, repr=False)
class LinkIndex:
    """Aliases of one graph under one configuration, with what is needed to know them again.

    Attributes:
        trie: Aliases -> row of candidates.
        candidates: Rows of candidates; entities are rows of `entity_ids`.
        entity_ids: Ids of the graph's entities, in its row order.
        config: Settings the index was built with.
        fingerprint: Fingerprint of the graph.
        stop_words_hash: Digest of the stop words that were dropped.
        path: Folder the arrays are mapped from, or None when they are in memory.
    """

    trie: AtomTrie
    candidates: CandidateRows
    entity_ids: StringTable
    config: LinkerConfig
    fingerprint: str
    stop_words_hash: str
    path: Path | None = None

    @classmethod
    def build(cls, graph: KnowledgeGraph, config: LinkerConfig, stop_words: Set[str]) -> "LinkIndex":
        """Index the labels and aliases of a graph.

        Args:
            graph: The graph.
            config: Linker settings.
            stop_words: Stop words of the language as spaCy lists them; used when `config.stop_words` is set.

        Raises:
            LinkingError: No label or alias of the graph may be matched under these settings.
        """
        dropped = frozenset(map(fold, stop_words)) if config.stop_words else frozenset()
        forms = _Forms(config, dropped)
        form = forms.collect(graph)
        if not forms.lengths:
            raise LinkingError(
                f"expected a graph with labels to match, got {graph.num_entities} entities whose labels and aliases "
                "are all numbers, stop words, too short or too long; relax the linker settings or add aliases"
            )
        folded, cased = np.array(forms.folded, dtype=np.uint64), np.array(forms.cased, dtype=np.uint64)
        lengths = np.array(forms.lengths, dtype=np.int64)
        edges = build_edges(folded, lengths)
        ends, alias = np.unique(edges.end_node, return_inverse=True)
        node_alias = np.full(edges.num_nodes, -1, dtype=np.int32)
        node_alias[ends] = np.arange(len(ends))

        entity, weight = _weights(graph, config)
        used = form >= 0
        form = form[used]
        uses = AliasTable(
            alias=alias[form],
            rule=np.array(forms.rules, dtype=np.int64)[form],
            key=cased_keys(cased, lengths)[form],
            capital=np.array(forms.capital, dtype=bool)[form],
            entity=entity[used],
            weight=weight[used],
        )
        rows = build_rows(uses, len(ends), _ranks(graph.entity_ids), config.max_candidates)
        trie = AtomTrie(edges.parent, edges.atom, edges.child, node_alias, *rows[:5])
        digest = _stop_words_hash(stop_words, config)
        return cls(trie, rows.candidates, graph.entity_ids, config, graph.fingerprint, digest)

    def fits(self, graph: KnowledgeGraph, config: LinkerConfig, stop_words: Set[str]) -> bool:
        """Whether building anew would give this very index, row numbers of the graph included."""
        return (
            self.config == config
            and self.stop_words_hash == _stop_words_hash(stop_words, config)
            and self.fingerprint == graph.fingerprint
            and np.array_equal(self.entity_ids.offsets, graph.entity_ids.offsets)
            and np.array_equal(self.entity_ids.data, graph.entity_ids.data)
        )

    @cached_property
    def row_candidates(self) -> "RowCache":
        """Candidates of rows as plain Python values, decoded when first asked for."""
        return RowCache(self)

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        named = {name: getattr(self.trie, name) for name in _TRIE}
        named |= {f"candidate_{name}": getattr(self.candidates, name) for name in _CANDIDATES}
        return named | {"entity_id_data": self.entity_ids.data, "entity_id_offsets": self.entity_ids.offsets}

    def meta(self) -> dict[str, Any]:
        """What the index was made from, ready for JSON."""
        return {
            "format_version": FORMAT_VERSION,
            "fingerprint": self.fingerprint,
            "stop_words": self.stop_words_hash,
            "config": self.config.to_dict(),
        }

    @classmethod
    def from_parts(cls, arrays: dict[str, np.ndarray], meta: dict[str, Any], path: Path | None = None) -> "LinkIndex":
        """Put an index together again from what `arrays` and `meta` returned.

        Raises:
            LinkingError: Another format version, or an array is absent.
        """
        if meta.get("format_version") != FORMAT_VERSION:
            raise LinkingError(
                f"linker index must be of format version {FORMAT_VERSION}, got {meta.get('format_version')!r}; "
                "delete it and build it again"
            )
        try:
            return cls(
                AtomTrie(**{name: arrays[name] for name in _TRIE}),
                CandidateRows(**{name: arrays[f"candidate_{name}"] for name in _CANDIDATES}),
                StringTable(arrays["entity_id_data"], arrays["entity_id_offsets"]),
                LinkerConfig.from_dict(meta["config"]),
                meta["fingerprint"],
                meta["stop_words"],
                path,
            )
        except KeyError as error:
            raise LinkingError(f"linker index lacks {error}; delete it and build it again") from None

    def save(self, folder: str | Path) -> None:
        """Write the index folder: all of it or, after an error, nothing. One that is there is replaced.

        Raises:
            LinkingError: `folder` holds something other than a linker index.
            StorageError: Writing failed; what was there before is untouched.
        """
        folder = Path(folder)
        if folder.exists() and not (folder / META_FILE).is_file() and (not folder.is_dir() or any(folder.iterdir())):
            raise LinkingError(
                f"expected a linker index or nothing at {folder}, got other files; choose another folder"
            )
        temporary = None
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            new = temporary / "new"
            new.mkdir()
            for name, array in self.arrays().items():
                np.save(new / f"{name}.npy", array, allow_pickle=False)
            (new / META_FILE).write_text(json.dumps(self.meta(), indent=2) + "\n", encoding="utf-8")
            if folder.exists():
                os.replace(folder, temporary / "old")
            os.replace(new, folder)
        except OSError as error:
            raise StorageError(f"cannot write the linker index to {folder}: {error}; nothing was changed") from error
        finally:
            if temporary is not None:
                old = temporary / "old"
                if old.exists() and not folder.exists():
                    os.replace(old, folder)
                shutil.rmtree(temporary, ignore_errors=True)

    @classmethod
    def open(cls, folder: str | Path) -> "LinkIndex":
        """Map an index folder into memory.

        Raises:
            LinkingError: There is no index, it is of another format version, or a file is damaged.
        """
        folder = Path(folder).absolute()
        try:
            meta = json.loads((folder / META_FILE).read_text(encoding="utf-8"))
            arrays = {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in folder.glob("*.npy")}
        except (OSError, ValueError) as error:
            raise LinkingError(f"no readable linker index in {folder} ({error}); build it again") from error
        return cls.from_parts(arrays, meta, folder)

    def __deepcopy__(self, memo: dict[int, Any]) -> "LinkIndex":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry the folder where there is one, so that worker processes share one map; else the arrays."""
        if self.path is not None:
            return LinkIndex.open, (self.path,)
        return LinkIndex.from_parts, (self.arrays(), self.meta())


class RowCache:
    """Rows of candidates as tuples of (entity id, prior), each decoded once."""

    def __init__(self, index: LinkIndex) -> None:
        self._index = index
        self._rows: dict[int, tuple[tuple[str, float], ...]] = {}

    def __getitem__(self, row: int) -> tuple[tuple[str, float], ...]:
        known = self._rows.get(row)
        if known is None:
            rows = self._index.candidates
            part = slice(int(rows.offsets[row]), int(rows.offsets[row + 1]))
            ids = (self._index.entity_ids[entity] for entity in rows.entities[part].tolist())
            known = self._rows[row] = tuple(zip(ids, rows.priors[part].tolist(), strict=True))
        return known


class _Forms:
    """The distinct aliases of a graph that may be matched, one entry a form in each list."""

    def __init__(self, config: LinkerConfig, stop_words: Set[str]) -> None:
        self.config, self.stop_words = config, stop_words
        self.folded: list[int] = []
        self.cased: list[int] = []
        self.lengths: list[int] = []
        self.rules: list[int] = []
        self.capital: list[bool] = []
        self._chunks: dict[str, tuple[Atom, ...]] = {}

    def collect(self, graph: KnowledgeGraph) -> Int[np.ndarray, " use"]:
        """The form of each label and then of each alias of the graph; -1 where it is dropped."""
        number: dict[str, int] = {}
        form = np.empty(len(graph.labels) + len(graph.alias_texts), dtype=np.int64)
        for use, text in enumerate(chain(graph.labels, graph.alias_texts)):
            known = number.get(text)
            if known is None:
                known = number[text] = self._add(text)
            form[use] = known
        return form

    def _add(self, text: str) -> int:
        rule = case_rule(text, self.config, self.stop_words)
        if rule is None:
            return -1
        atoms: list[Atom] = []
        for chunk in text.split():
            known = self._chunks.get(chunk)
            if known is None:
                known = self._chunks[chunk] = atomise(chunk)
            atoms.extend(known)
        if not 0 < len(atoms) <= self.config.max_alias_atoms:
            return -1
        self.folded.extend(atom.folded for atom in atoms)
        self.cased.extend(atom.cased for atom in atoms)
        self.lengths.append(len(atoms))
        self.rules.append(rule)
        self.capital.append(first_letter(tidy(text)) == UPPER)
        return len(self.lengths) - 1


def _weights(graph: KnowledgeGraph, config: LinkerConfig) -> tuple[Int[np.ndarray, " use"], Float[np.ndarray, " use"]]:
    """Entity and weight of each label and then each alias: label or alias weight times 1 + log(1 + degree)."""
    everyone = np.arange(graph.num_entities)
    entity = np.concatenate([everyone, np.repeat(everyone, np.diff(graph.alias_offsets))])
    weight = np.full(len(entity), config.alias_weight)
    weight[: graph.num_entities] = config.label_weight
    ends = graph.triples[:, [0, 2]].ravel()
    degree = np.bincount(ends, minlength=graph.num_entities)
    return entity, weight * (1.0 + np.log1p(degree))[entity]


def _ranks(entity_ids: StringTable) -> Int[np.ndarray, " entity"]:
    """Place of each entity in the alphabetical order of ids."""
    ids = list(entity_ids)
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return ranks


def _stop_words_hash(stop_words: Set[str], config: LinkerConfig) -> str:
    words = sorted(set(map(fold, stop_words))) if config.stop_words else []
    return sha256("\n".join(words).encode("utf-8")).hexdigest()
