"""Linking streams of any length: memory stays constant, order is kept, several processes share the work.

spaCy keeps every word it has ever seen. A stream always brings new ones, so chunks of it are linked inside of memory
zones (`Language.memory_zone`), which forget the words of a chunk at its end. Inside of a zone spaCy's tokenizer caches
nothing, which halves its speed; therefore the commonest words, those of the first chunks, are kept for good.
"""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from spacy.tokens import Doc

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking.entity_linker import EntityLinker
from kgattn.linking.leaving import leave_with_parent

KEPT_STRINGS = 50_000
"""Words and ids spaCy keeps for good before chunks are linked in memory zones."""
_AHEAD = 2  # chunks handed to each process beforehand

Content = str | tuple[str, ...]


@runtime_checkable
class Chunk(Protocol):
    """A piece of a stream."""

    @property
    def contents(self) -> Sequence[Content]:
        """Texts, and sentences in words."""


Given = TypeVar("Given", bound=Chunk)
Made = TypeVar("Made")
Finish = Callable[[Given, Sequence[Doc], KnowledgeGraph], Made]


class ChunkLinker(Generic[Given, Made]):
    """Links one chunk after the other in this process.

    Args:
        linker: The linker.
        finish: Makes what is wanted of a chunk, its linked documents (one a content) and the graph. It is called in a
            memory zone: what it returns must hold plain values, nothing of spaCy's.
    """

    def __init__(self, linker: EntityLinker, finish: Finish[Given, Made]) -> None:
        self._linker, self._finish = linker, finish
        self._at_first = len(linker.nlp.vocab.strings)

    def __call__(self, chunk: Given) -> Made:
        """What `finish` makes of the chunk."""
        vocab: Any = self._linker.nlp.vocab  # its types lack the zone
        keep = len(vocab.strings) - self._at_first < KEPT_STRINGS
        with nullcontext() if keep or vocab.in_memory_zone else self._linker.nlp.memory_zone():
            return self._finish(chunk, self._link(chunk.contents), self._linker.graph)

    def _link(self, contents: Sequence[Content]) -> list[Doc]:
        texts = self._linker.pipe(content for content in contents if isinstance(content, str))
        words = iter(self._linker.link_words([content for content in contents if not isinstance(content, str)]))
        return [next(texts) if isinstance(content, str) else next(words) for content in contents]


def link_in_bulk(
    linker: EntityLinker, chunks: Iterable[Given], finish: Finish[Given, Made], processes: int = 1
) -> Iterator[Made]:
    """Link a stream of chunks, in order.

    Args:
        linker: The linker.
        chunks: Pieces of the stream, read as they are needed.
        finish: As for `ChunkLinker`; with several processes it, chunks and results are pickled.
        processes: Processes that link; with more than one this process only reads and writes.

    Raises:
        LinkingError: A content cannot be linked, or a process ended.
    """
    if processes == 1:
        yield from map(ChunkLinker(linker, finish), chunks)
        return
    waiting: deque[Future[Made]] = deque()
    pool = ProcessPoolExecutor(processes, initializer=_start_worker, initargs=(linker, finish))
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_link_in_worker, chunk))
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise LinkingError(
            "a process ended before its texts were linked; was it killed for memory? Try fewer processes"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_worker: list[ChunkLinker[Any, Any]] = []


def _start_worker(linker: EntityLinker, finish: Finish[Any, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops its workers
    threading.Thread(target=leave_with_parent, daemon=True).start()
    _worker.append(ChunkLinker(linker, finish))


def _link_in_worker(chunk: Any) -> Any:
    return _worker[0](chunk)
