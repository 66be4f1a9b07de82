"""The spaCy component `kgattn_linker`: marks the mentions of a knowledge graph's entities in a document."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from multiprocessing.context import get_spawning_popen
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.sources import is_address
from kgattn.linking.batches import linked
from kgattn.linking.build import ANY_LANGUAGE, open_or_build
from kgattn.linking.commas import apart_at_commas
from kgattn.linking.config import LinkerConfig
from kgattn.linking.forking import open_before_forks
from kgattn.linking.found import Found
from kgattn.linking.fuzzy import add_fuzzy, check_rapidfuzz
from kgattn.linking.index import LinkIndex
from kgattn.linking.inputs import check_one_vocabulary
from kgattn.linking.lexicon import Lexicon, read_lexicon
from kgattn.linking.marking import EXTENSION, Candidates, mark, register_extension, unmark
from kgattn.linking.matching import find_aliases, scored
from kgattn.linking.overlaps import SUFFIX as ALTERNATIVES
from kgattn.linking.overlaps import find_alternatives
from kgattn.linking.plain import plain_linker
from kgattn.linking.signature import with_signature
from kgattn.linking.stream import AtomTable, TokenStream
from kgattn.linking.whole_names import WholeNames
from kgattn.mentions.mention import SPANS_KEY

FACTORY = "kgattn_linker"
_SAVED = "index"  # in `exclude`
_BATCH = 256
_OF_SETTINGS = ("_lexicon", "_whole_names", "_plain")  # made of the settings when asked for
_DEFAULTS = LinkerConfig()


@Language.factory(
    FACTORY,
    default_config={"graph": None, "spans_key": SPANS_KEY, **_DEFAULTS.to_dict()},
    assigns=["doc.spans", f"span._.{EXTENSION}"],
)
@with_signature
def make_kgattn_linker(
    nlp: Language,
    name: str,
    graph: str | None,
    spans_key: str,
    max_candidates: int,
    min_alias_length: int,
    max_alias_atoms: int,
    stop_words: bool,
    case: str,
    label_weight: float,
    alias_weight: float,
    stop_list: list[str],
    prior: str,
    context_weight: float,
    coherence_weight: float,
    abbreviations: bool,
    short_names: bool,
    types: list[str],
    exclude_types: list[str],
    nil_threshold: float,
    variants: list[str],
    common_words: str,
    common_word_zipf: float,
    whole_names: bool,
    titles: bool,
    editions: bool,
    branches: bool,
    commas: bool,
    overlaps: str,
    fuzzy: bool,
    fuzzy_cutoff: float,
) -> "KgattnLinker":
    """Make the component for `nlp.add_pipe("kgattn_linker", config={"graph": "folder or file"})`.

    Args:
        nlp: The pipeline; its language gives the stop words.
        name: Name of the component in the pipeline.
        graph: What `KnowledgeGraph.load` takes, read in the pipeline's language when the first document comes, or
            before worker processes are started, which then share its index. May be left out when the component is
            filled by `from_disk`, `from_bytes` or `set_index`.
        spans_key: Where in `doc.spans` the mentions go.
        max_candidates: See `LinkerConfig`, as the following.
        min_alias_length: See `LinkerConfig`.
        max_alias_atoms: See `LinkerConfig`.
        stop_words: See `LinkerConfig`.
        case: See `LinkerConfig`.
        label_weight: See `LinkerConfig`.
        alias_weight: See `LinkerConfig`.
        stop_list: See `LinkerConfig`.
        prior: See `LinkerConfig`.
        context_weight: See `LinkerConfig`.
        coherence_weight: See `LinkerConfig`.
        abbreviations: See `LinkerConfig`.
        short_names: See `LinkerConfig`.
        types: See `LinkerConfig`.
        exclude_types: See `LinkerConfig`.
        nil_threshold: See `LinkerConfig`.
        variants: See `LinkerConfig`.
        common_words: See `LinkerConfig`.
        common_word_zipf: See `LinkerConfig`.
        whole_names: See `LinkerConfig`.
        titles: See `LinkerConfig`.
        editions: See `LinkerConfig`.
        branches: See `LinkerConfig`.
        commas: See `LinkerConfig`.
        overlaps: See `LinkerConfig`.
        fuzzy: See `LinkerConfig`.
        fuzzy_cutoff: See `LinkerConfig`.

    Raises:
        ConfigError: A setting is out of range.
    """
    given = dict(locals())  # the arguments: nothing else has a name yet
    config = LinkerConfig.from_dict({setting: given[setting] for setting in _DEFAULTS.to_dict()})
    words = frozenset(nlp.Defaults.stop_words)
    return KgattnLinker(config, words, spans_key, language=nlp.lang or ANY_LANGUAGE, name=name, graph_path=graph)


class KgattnLinker:
    """Sets `doc.spans[spans_key]`: longest matches, leftmost first, none overlapping, the likeliest entity as `kb_id_`.

    `span._.kg_candidates` lists all candidates. They are stored with the document, so they survive `DocBin` (with
    `store_user_data=True`), pickling, `Doc.from_docs` and workers. A later linker with the same `spans_key` replaces
    them; those of linkers with keys of their own stand side by side.
    """

    def __init__(
        self,
        config: LinkerConfig,
        stop_words: frozenset[str] = frozenset(),
        spans_key: str = SPANS_KEY,
        *,
        language: str = ANY_LANGUAGE,
        name: str = FACTORY,
        graph_path: str | None = None,
        index: LinkIndex | None = None,
    ) -> None:
        self.config, self.stop_words, self.spans_key = config, stop_words, spans_key
        self._given = config
        self.language, self.name, self.graph_path = language, name, graph_path
        self._index = index
        self._table = AtomTable()
        register_extension()
        if index is None and graph_path is not None and not is_address(graph_path):
            open_before_forks(self)

    @property
    def index(self) -> LinkIndex:
        """The index; read or built from `graph_path` when first asked for.

        Raises:
            LinkingError: There is neither an index nor the path of a graph.
        """
        if self._index is None:
            if self.graph_path is None:
                raise LinkingError(
                    f"{self.name} has no graph; give it one: nlp.add_pipe('{FACTORY}', config={{'graph': path}})"
                )
            graph = KnowledgeGraph.load(self.graph_path, language=self.language)
            self._index = open_or_build(graph, self.config, self.stop_words, self.language)
        return self._index

    def open(self) -> None:
        """Read or build the index now, if there is a graph to do so from."""
        if self.graph_path is not None:
            _ = self.index

    def set_index(self, index: LinkIndex) -> None:
        """Link with this index from now on, by its settings.

        Raises:
            LinkingError: It was made with other settings than those given.
        """
        self._given.check_made_with(index.config)
        self._index, self.config = index, index.config
        for name in _OF_SETTINGS:
            self.__dict__.pop(name, None)

    def __call__(self, doc: Doc) -> Doc:
        """Mark one document, in place."""
        if self._plain is None or not self._plain.link(doc):
            self.link([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = _BATCH) -> Iterator[Doc]:
        """Mark a stream of documents, in place, plain ones one at a time, at most `batch_size` of the others together.

        Raises:
            LinkingError: There is no graph, or a memory zone has ended before the documents made in it were taken.
        """
        return linked(stream, batch_size, lambda: self._plain, self.link)

    def link(self, docs: Sequence[Doc]) -> None:
        """Mark documents that share a vocabulary, in place.

        Raises:
            LinkingError: There is no graph, or the documents are of several vocabularies.
        """
        _ = self.index  # without a graph, say so even if there is nothing to mark
        if docs:
            check_one_vocabulary(docs)
            self.mark(docs, *self.find(docs))

    def find(self, docs: Sequence[Doc]) -> tuple[Found, list[Candidates]]:
        """The mentions of documents that share a vocabulary, and the candidates of each; nothing is changed.

        Args:
            docs: At least one document.
        """
        index = self.index
        stream = self._table.stream(docs, index.trie.plain)
        found = self._found(docs, stream, index)
        found, candidates = index.disambiguator(docs, stream, found)
        return found, scored(candidates, found)

    def mark(self, docs: Sequence[Doc], found: Found, candidates: Sequence[Candidates]) -> None:
        """Write what `find` gave into the documents, and with `overlaps="all"` the other matches beside it."""
        mark(docs, found, candidates, self.spans_key)
        if self.config.overlaps == "all":
            rows, trie = self.index.row_candidates, self.index.trie.plain
            others = find_alternatives(self._table.stream(docs, trie), trie, found)
            others = self.index.disambiguator.admitted(others)
            mark(docs, others, rows.of(others.row), self.spans_key + ALTERNATIVES)
        else:  # of a linker that was here before
            unmark(docs, self.spans_key + ALTERNATIVES)

    def _found(self, docs: Sequence[Doc], stream: TokenStream, index: LinkIndex) -> Found:
        """Aliases and variants, apart at commas, without parts of longer names, and what is nearly an alias."""
        found = find_aliases(stream, index.trie.plain)
        found = found._replace(source=index.candidates.plain.source[found.row])
        if self.config.commas:
            rows = index.candidates.plain
            found = apart_at_commas(docs, stream, found, index.trie.plain, rows, self.language)
        found = self._whole_names(docs, stream, found)
        if index.fuzzy is not None:
            check_rapidfuzz()
            judges = self._lexicon.is_common, index.shuts_out
            found = add_fuzzy(docs, found, index.fuzzy, self.config.fuzzy_cutoff, *judges)
        return found

    @cached_property
    def _plain(self) -> Any:
        return plain_linker(self._table, self.index, self.spans_key)

    @cached_property
    def _whole_names(self) -> WholeNames:
        return WholeNames(self.config, self.stop_words, self.language)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return read_lexicon(self.language, self.stop_words, self.config)

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Write the index as a folder that `from_disk` maps into memory; `exclude=["index"]` leaves it out."""
        if _SAVED not in exclude:
            self.index.save(path)

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> "KgattnLinker":
        """Take the index `to_disk` wrote.

        Raises:
            LinkingError: There is none, it is damaged, or was made with other settings than those given.
        """
        if _SAVED not in exclude:
            self.set_index(LinkIndex.open(path))
        return self

    def to_bytes(self, exclude: Iterable[str] = ()) -> bytes:
        """The index as bytes; `exclude=["index"]` leaves it out."""
        return b"" if _SAVED in exclude else self.index.to_bytes()

    def from_bytes(self, data: bytes, exclude: Iterable[str] = ()) -> "KgattnLinker":
        """Take the index `to_bytes` gave.

        Raises:
            LinkingError: The bytes are no index, or it was made with other settings than those given.
        """
        if _SAVED not in exclude:
            self.set_index(LinkIndex.from_bytes(data))
        return self

    def __getstate__(self) -> dict[str, Any]:
        """All but the words, which are read again. What goes to a process being spawned is opened first."""
        if get_spawning_popen() is not None:
            self.open()
        return {name: value for name, value in self.__dict__.items() if name not in _OF_SETTINGS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        register_extension()
        if self._index is None and self.graph_path is not None and not is_address(self.graph_path):
            open_before_forks(self)
