"""The linker's index: everything matching needs, as arrays that can be memory-mapped."""

import io
import json
import zlib
from dataclasses import dataclass, fields
from functools import cached_property
from multiprocessing.context import get_spawning_popen
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from kgattn.errors import ConfigError, LinkingError
from kgattn.files import check_version, replacing_folder, temporary_folder, write_json
from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking import loops
from kgattn.linking.atoms import normalise
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.config import LinkerConfig
from kgattn.linking.disambiguation.resolve import Disambiguator
from kgattn.linking.disambiguation.senses import Senses
from kgattn.linking.forms import Names
from kgattn.linking.fuzzy_index import FuzzyIndex
from kgattn.linking.lexicon import WORDS_FILE, decisions_in
from kgattn.linking.marking import Candidates
from kgattn.linking.stop_list import StopList
from kgattn.linking.trie import AtomTrie
from kgattn.shapes import Int

FORMAT_VERSION = 5
META_FILE = "linker_index.json"
_MAX_CACHED_ROWS = 2**16
_TRIE = tuple(field.name for field in fields(AtomTrie))
_FUZZY = ("row", "length", "offsets", "alias")
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
        lexicon_digest: Digest of the words and the language it was built with; see `kgattn.linking.lexicon`.
        words: Text of `common_words.tsv`: which everyday words were shut out.
        senses: What disambiguation needs of the graph.
        fuzzy: Aliases by trigrams, where `config.fuzzy` asks for them.
        path: Folder the arrays are mapped from, or None when they are in memory.
        names: What was read of the graph's names, for the index of an edited graph; not saved.
    """

    trie: AtomTrie
    candidates: CandidateRows
    entity_ids: StringTable
    config: LinkerConfig
    fingerprint: str
    lexicon_digest: str
    words: str
    senses: Senses
    fuzzy: FuzzyIndex | None = None
    path: Path | None = None
    names: Names | None = None

    def fits(self, graph: KnowledgeGraph, config: LinkerConfig, lexicon_digest: str) -> bool:
        """Whether building anew would give this very index, row numbers of the graph included."""
        return (
            self.config == config
            and self.lexicon_digest == lexicon_digest
            and self.fingerprint == graph.fingerprint
            and np.array_equal(self.entity_ids.offsets, graph.entity_ids.offsets)
            and np.array_equal(self.entity_ids.data, graph.entity_ids.data)
        )

    @cached_property
    def row_candidates(self) -> "RowCache":
        """Candidates of rows as plain Python values, decoded when first asked for."""
        return RowCache(self)

    @cached_property
    def disambiguator(self) -> Disambiguator:
        """Decides what mentions name, as the settings say."""
        return Disambiguator(self)

    @cached_property
    def stop_list(self) -> StopList:
        """The stop list of the settings, ready to be asked."""
        return StopList.of(self.config.stop_list)

    def shuts_out(self, text: str) -> bool:
        """Whether a text that is no alias to the letter must not be linked: by the stop list or the user's decision."""
        return self.stop_list.holds(text) or self.decisions.get(normalise(text)) in ("drop", "exact")

    @cached_property
    def decisions(self) -> dict[str, str]:
        """What the user decided in the `common_words.tsv` it was built by, as `Lexicon.yours`."""
        return decisions_in(self.words)

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        named = {name: getattr(self.trie, name) for name in _TRIE}
        named |= {f"candidate_{name}": getattr(self.candidates, name) for name in _CANDIDATES}
        if self.fuzzy is not None:
            named |= {f"fuzzy_{name}": getattr(self.fuzzy, name) for name in _FUZZY}
            named |= {"fuzzy_text_data": self.fuzzy.texts.data, "fuzzy_text_offsets": self.fuzzy.texts.offsets}
        named["words"] = np.frombuffer(self.words.encode("utf-8"), dtype=np.uint8)
        named |= {"entity_id_data": self.entity_ids.data, "entity_id_offsets": self.entity_ids.offsets}
        return named | self.senses.arrays()

    def meta(self) -> dict[str, Any]:
        """What the index was made from, ready for JSON."""
        return {
            "format_version": FORMAT_VERSION,
            "fingerprint": self.fingerprint,
            "lexicon": self.lexicon_digest,
            "config": self.config.to_dict(),
        }

    @classmethod
    def from_parts(cls, arrays: dict[str, np.ndarray], meta: dict[str, Any], path: Path | None = None) -> "LinkIndex":
        """Put an index together again from what `arrays` and `meta` returned.

        Raises:
            LinkingError: Another format version, or an array is absent.
        """
        check_version(meta, (FORMAT_VERSION,), "linker index", "delete it and build it again", LinkingError)
        try:
            return cls(
                AtomTrie(**{name: arrays[name] for name in _TRIE}),
                CandidateRows(**{name: arrays[f"candidate_{name}"] for name in _CANDIDATES}),
                StringTable(arrays["entity_id_data"], arrays["entity_id_offsets"]),
                LinkerConfig.from_dict(meta["config"]),
                meta["fingerprint"],
                meta["lexicon"],
                arrays["words"].tobytes().decode("utf-8"),
                Senses.from_arrays(arrays),
                fuzzy_from(arrays),
                path,
            )
        except KeyError as error:
            raise LinkingError(f"linker index lacks {error}; delete it and build it again") from None
        except (ConfigError, TypeError) as error:
            raise LinkingError(f"linker index has settings of another version ({error}); build it again") from None

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
        with replacing_folder(folder) as new:
            for name, array in self.arrays().items():
                np.save(new / f"{name}.npy", array, allow_pickle=False)
            (new / WORDS_FILE).write_text(self.words, encoding="utf-8", newline="\n")
            write_json(new / META_FILE, self.meta())

    @classmethod
    def open(cls, folder: str | Path) -> "LinkIndex":
        """Map an index folder into memory.

        Raises:
            LinkingError: There is no index, it is of another format version, or a file is damaged.
        """
        folder = Path(folder).absolute()
        if not folder.exists():
            raise LinkingError(
                f"no linker index in {folder}: no such folder; of a pipeline that was saved without the component, "
                f"load the rest by exclude=[{folder.name!r}] and add the component anew"
            )
        try:
            meta = json.loads((folder / META_FILE).read_text(encoding="utf-8"))
            arrays = {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in folder.glob("*.npy")}
        except (OSError, ValueError, EOFError) as error:  # EOFError: an array of no bytes
            raise LinkingError(f"no readable linker index in {folder} ({error}); build it again") from error
        return cls.from_parts(arrays, meta, folder)

    def to_bytes(self) -> bytes:
        """The index as bytes."""
        meta = np.frombuffer(json.dumps(self.meta()).encode("utf-8"), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{META_FILE: meta}, **self.arrays())
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "LinkIndex":
        """The index `to_bytes` gave.

        Raises:
            LinkingError: The bytes are no index.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            meta: dict[str, Any] = json.loads(arrays.pop(META_FILE).tobytes())
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            raise LinkingError(f"expected bytes of a linker index, got something else ({error})") from error
        return cls.from_parts(arrays, meta)

    def __deepcopy__(self, memo: dict[int, Any]) -> "LinkIndex":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry the arrays; a process being spawned on this machine maps a folder instead."""
        if get_spawning_popen() is not None:
            return LinkIndex.open, (self._shared_folder(),)
        return LinkIndex.from_parts, ({name: np.array(array) for name, array in self.arrays().items()}, self.meta())

    def _shared_folder(self) -> Path:
        """The folder the index is mapped from; while that does not hold it, a temporary one, removed with the index."""
        if self.path is not None and _read_meta(self.path) == self.meta():
            return self.path
        return self._temporary_folder

    @cached_property
    def _temporary_folder(self) -> Path:
        folder = temporary_folder(self, "kgattn_index_")
        self.save(folder)
        return folder


def fuzzy_from(arrays: dict[str, np.ndarray]) -> FuzzyIndex | None:
    """The trigram index among the arrays of an index, if it has one."""
    if "fuzzy_row" not in arrays:
        return None
    texts = StringTable(arrays["fuzzy_text_data"], arrays["fuzzy_text_offsets"])
    return FuzzyIndex(texts, *(arrays[f"fuzzy_{name}"] for name in _FUZZY))


class RowCache:
    """Rows of candidates as tuples of (entity id, prior), decoded when asked for; the last ones asked for are kept."""

    def __init__(self, index: LinkIndex) -> None:
        self._rows: dict[int, Candidates] = {}
        rows, self._ids = index.candidates.plain, index.entity_ids
        self._offsets, self._entities, self._priors = rows.offsets, rows.entities, rows.priors

    @cached_property
    def compiled(self) -> Any:
        """The same in compiled code, where that was built."""
        assert loops.rows is not None
        ids = self._ids.offsets.view(np.ndarray), self._ids.data.view(np.ndarray)
        return loops.rows.Rows(self._offsets, self._entities, self._priors, *ids, _MAX_CACHED_ROWS)

    def of(self, rows: Int[np.ndarray, " mention"]) -> list[Candidates]:
        """The candidates of each row."""
        if loops.rows is not None:
            found: list[Candidates] = self.compiled.of(rows)
            return found
        if len(self._rows) > _MAX_CACHED_ROWS:
            self._rows = {}
        cache = self._rows
        asked: list[int] = rows.tolist()
        for row in asked:
            if row not in cache:
                part = slice(int(self._offsets[row]), int(self._offsets[row + 1]))
                ids = (self._ids[entity] for entity in self._entities[part].tolist())
                cache[row] = tuple(zip(ids, self._priors[part].tolist(), strict=True))
        return [cache[row] for row in asked]


def _read_meta(folder: Path) -> Any:
    try:
        return json.loads((folder / META_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
