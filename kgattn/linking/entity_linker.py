"""The entity linker: text or words in, documents with mentions out."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.files import check_version, replacing, write_json, write_text
from kgattn.graph import KnowledgeGraph
from kgattn.graph.storage import INDEX_FOLDER
from kgattn.linking.build import ANY_LANGUAGE, open_or_build
from kgattn.linking.component import KgattnLinker
from kgattn.linking.config import LinkerConfig
from kgattn.linking.index import LinkIndex
from kgattn.linking.inputs import check_text, check_words
from kgattn.linking.lexicon import WORDS_FILE
from kgattn.linking.marking import doc_mentions
from kgattn.linking.pipelines import resolve_pipeline
from kgattn.linking.workers import pipe_in_processes
from kgattn.mentions import Mention

FORMAT_VERSION = 1
FILE = "linker.json"
_PIPELINE_FOLDER = "pipeline"


class EntityLinker:
    """Finds mentions of a graph's entities by their labels and aliases.

    Attributes:
        graph: The graph linked to.
        nlp: The spaCy pipeline that cuts texts into tokens; never changed.
        config: Settings.
        component: The spaCy component that marks documents.
    """

    graph: KnowledgeGraph
    nlp: Language
    config: LinkerConfig
    component: KgattnLinker

    def __init__(
        self,
        graph: KnowledgeGraph,
        nlp: str | Language = "en",
        config: LinkerConfig | None = None,
        *,
        index_folder: Path | None = None,
    ) -> None:
        """Open the index in the graph's folder when it fits, else build one.

        Args:
            graph: The graph to link to.
            nlp: Language code, name of an installed pipeline, or a pipeline.
            config: Settings; the defaults when left out.
            index_folder: Where to look for an index, and for the user's decisions in its `common_words.tsv`, before the
                graph's own folder.

        Raises:
            LinkingError: No graph, no such language or pipeline, or nothing in the graph to match.
        """
        _check_graph("EntityLinker", graph)
        self._code = nlp if isinstance(nlp, str) else None
        self.nlp, self.config = resolve_pipeline(nlp), config or LinkerConfig()
        self._link_to(graph, index_folder)

    def with_graph(self, graph: KnowledgeGraph) -> "EntityLinker":
        """The same linker over another graph, such as an edited one; this one stays as it is.

        It has the same pipeline and settings and keeps what was decided in a `common_words.tsv`, unless the folder of
        the new graph has decisions of its own. Its index is opened there when it fits, else built; the names are not
        read again where they are the same, as after `graph.with_triples`, and few enough to be kept in memory.

        Raises:
            LinkingError: No graph, or nothing in it to match.
        """
        _check_graph("with_graph", graph)
        made = type(self).__new__(type(self))
        made._code, made.nlp, made.config = self._code, self.nlp, self.config
        made._link_to(graph, None, self.component.index)
        return made

    def _link_to(self, graph: KnowledgeGraph, index_folder: Path | None, before: LinkIndex | None = None) -> None:
        self.graph = graph
        stop_words = frozenset(self.nlp.Defaults.stop_words)
        language = self.nlp.lang or ANY_LANGUAGE
        decided = {} if before is None else before.decisions
        index = open_or_build(graph, self.config, stop_words, language, index_folder, decided, before)
        self.component = KgattnLinker(self.config, stop_words, language=language, index=index)

    def __call__(self, text: str) -> Doc:
        """Tokenise and link one text: mentions are in `doc.spans["kgattn"]`.

        Raises:
            LinkingError: It is no string, not valid Unicode, or longer than `nlp.max_length`, which is no limit for a
                pipeline made from a language code.
        """
        return self.component(self.nlp(check_text(text, self.nlp.max_length)))

    def pipe(self, texts: Iterable[str], n_process: int = 1, batch_size: int = 256) -> Iterator[Doc]:
        """Tokenise and link a stream of texts, in order.

        Args:
            texts: Texts.
            n_process: Processes that tokenise and link; with 1 it is done in this one. Workers map the index, they
                hold no copy. They end with the stream, or when it is closed.
            batch_size: Texts taken at a time.

        Raises:
            LinkingError: One text was given instead of several, `n_process` is below 1, a text cannot be linked, as
                for a single one, or a worker failed.
        """
        if isinstance(texts, str):
            raise LinkingError("pipe takes a stream of texts, got one text; put it into a list, or call linker(text)")
        if n_process < 1:
            raise LinkingError(f"n_process must be at least 1, got {n_process}; 1 links in this process")
        checked = (check_text(text, self.nlp.max_length) for text in texts)
        if n_process > 1:
            return pipe_in_processes(checked, self.nlp, self._code, self.component, n_process, batch_size)
        return self.component.pipe(self.nlp.pipe(checked, batch_size=batch_size), batch_size=batch_size)

    def link_words(self, sentences: Sequence[Sequence[str]]) -> list[Doc]:
        """Link sentences that are already cut into words; each word is one token of the document.

        Raises:
            LinkingError: A word is the empty string, no string, or not valid Unicode.
        """
        checked = [check_words(words, number) for number, words in enumerate(sentences)]
        return list(self.component.pipe(Doc(self.nlp.vocab, words=words) for words in checked))

    def mentions(self, doc: Doc) -> list[Mention]:
        """The mentions of a document this linker has marked, in order of text, in characters."""
        return doc_mentions(doc, self.component.spans_key)

    def save_index(self, folder: str | Path) -> None:
        """Write the index and map it from there. Later linkers find it in `linker` of the graph's folder.

        Raises:
            LinkingError: `folder` holds something other than a linker index.
            StorageError: Writing failed; what was there before is untouched.
        """
        self.component.index.save(folder)
        self.component.set_index(LinkIndex.open(folder))

    def save(self, folder: str | Path, *, index: bool = True) -> None:
        """Write settings, pipeline, index and the decisions it was built by; the graph is saved on its own.

        Args:
            folder: Made when absent.
            index: Whether to write the index too; without it `load` builds it anew, by the same `common_words.tsv`.

        Raises:
            StorageError: Writing failed.
        """
        folder = Path(folder)
        settings = {"format_version": FORMAT_VERSION, "nlp": self._code, "config": self.config.to_dict()}
        with replacing(folder, last=FILE) as scratch:
            if self._code is None:
                self.nlp.to_disk(scratch / _PIPELINE_FOLDER)
            if index:
                self.component.index.save(scratch / INDEX_FOLDER)
            else:
                write_text(scratch / INDEX_FOLDER / WORDS_FILE, self.component.index.words)
            write_json(scratch / FILE, settings)

    @classmethod
    def load(cls, folder: str | Path, graph: KnowledgeGraph) -> "EntityLinker":
        """Read a linker back.

        Args:
            folder: Folder written by `save`.
            graph: The graph to link to; the saved index is used when it is this graph's.

        Raises:
            LinkingError: `folder` holds no linker, or one of another format version.
        """
        folder = Path(folder)
        try:
            settings = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise LinkingError(f"no readable {FILE} in {folder} ({error}); save the linker there first") from error
        check_version(settings, (FORMAT_VERSION,), FILE, "save it again", LinkingError)
        if not isinstance(settings.get("config"), dict) or "nlp" not in settings:
            raise LinkingError(f"{folder / FILE}: expected the keys config and nlp, got none; save the linker again")
        config, code = LinkerConfig.from_dict(settings["config"]), settings["nlp"]
        nlp = code if code is not None else str((folder / _PIPELINE_FOLDER).absolute())
        linker = cls(graph, nlp, config, index_folder=folder / INDEX_FOLDER)
        linker._code = code  # the folder may be gone when a pickle is read
        return linker

    def __getstate__(self) -> dict[str, Any]:
        """A pipeline known by its code is made anew in the process that unpickles."""
        state = self.__dict__.copy()
        if self._code is not None:
            del state["nlp"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._code is not None:
            self.nlp = resolve_pipeline(self._code)


def _check_graph(taker: str, graph: object) -> None:
    if not isinstance(graph, KnowledgeGraph):
        raise LinkingError(
            f"{taker} needs a kgattn.KnowledgeGraph, got {type(graph).__name__}; make one with KnowledgeGraph.load"
        )
