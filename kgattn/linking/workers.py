"""Linking in several processes: texts go out in batches, documents come back in order.

spaCy's own `nlp.pipe(n_process=2)` sends each document back as bytes, which costs several times what a tokenizer does.
Here, where the tokenizer is all there is, token ids come back in one array a batch, and mentions as what was found; a
pipeline that does more sends bytes as spaCy does.
"""

import multiprocessing
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count, islice
from multiprocessing import connection
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt64
from spacy.attrs import NORM, ORTH, SPACY
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.vocab import Vocab

from kgattn.errors import LinkingError
from kgattn.linking.component import KgattnLinker
from kgattn.linking.found import Found
from kgattn.linking.leaving import leave_with_parent
from kgattn.linking.marking import Candidates
from kgattn.linking.orth_table import OrthTable
from kgattn.linking.pipelines import resolve_pipeline
from kgattn.linking.zones import KeptStrings, Zone
from kgattn.shapes import Int

_ATTRIBUTES = [ORTH, SPACY, NORM]
_BATCHES_AHEAD = 2  # batches given to a worker before its first comes back


class PackedDocs(NamedTuple):
    """Documents of a tokenizer and what was found in them.

    Attributes:
        lengths: Tokens of each document.
        orths: spaCy's id of each token's text.
        spaces: Whether a space follows it.
        new_strings: Texts the receiver has not met: of tokens, and of norms.
        norm_at: Tokens whose norm is another than that of the same text elsewhere.
        norms: Their norms, as ids.
        found: The mentions.
        candidates: Their candidates.
    """

    lengths: list[int]
    orths: UInt64[np.ndarray, " token"]
    spaces: UInt64[np.ndarray, " token"]
    new_strings: list[str]
    norm_at: Int[np.ndarray, " special"]
    norms: UInt64[np.ndarray, " special"]
    found: Found
    candidates: Sequence[Candidates]


class Packer:
    """Packs documents, sending each string once."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab
        self._known = OrthTable()
        self._norm = np.zeros(1024, dtype=np.uint64)

    def pack(self, docs: Sequence[Doc], found: Found, candidates: Sequence[Candidates]) -> PackedDocs:
        """Documents of this vocabulary, at least one."""
        tokens = np.concatenate([doc.to_array(_ATTRIBUTES) for doc in docs])
        orths, norms = tokens[:, 0].copy(), tokens[:, 2]
        rows = self._known.rows(orths)
        new = np.unique(orths[rows < 0])
        strings = self._vocab.strings
        new_strings = [strings[orth] for orth in new.tolist()]
        if len(new):
            first = self._known.size
            if first + len(new) > len(self._norm):
                self._norm = np.concatenate([self._norm, np.zeros(first + len(new), dtype=np.uint64)])
            self._norm[first : first + len(new)] = [self._vocab[orth].norm for orth in new.tolist()]
            self._known.add(new, np.arange(first, first + len(new)))
            rows = self._known.rows(orths)
        special = np.flatnonzero(norms != self._norm[rows])
        new_strings += [strings[norm] for norm in np.unique(norms[special]).tolist()]
        lengths = [len(doc) for doc in docs]
        return PackedDocs(lengths, orths, tokens[:, 1].copy(), new_strings, special, norms[special], found, candidates)


def unpack(packed: PackedDocs, vocab: Vocab, strings: KeptStrings, component: KgattnLinker) -> list[Doc]:
    """The documents, with their mentions."""
    strings.add(packed.new_strings, np.concatenate([packed.orths, packed.norms]))
    orths, spaces = packed.orths.tolist(), packed.spaces.tolist()
    docs, first = [], 0
    starts = []
    for length in packed.lengths:
        docs.append(Doc(vocab, words=orths[first : first + length], spaces=spaces[first : first + length]))
        starts.append(first)
        first += length
    places = np.searchsorted(starts, packed.norm_at, side="right") - 1
    for at, norm, number in zip(packed.norm_at.tolist(), packed.norms.tolist(), places.tolist(), strict=True):
        docs[number][at - starts[number]].norm_ = vocab.strings[norm]
    component.mark(docs, packed.found, packed.candidates)
    return docs


def is_bare(nlp: Language) -> bool:
    """Whether a pipeline is spaCy's rule-based tokenizer and nothing else."""
    return not nlp.pipe_names and type(nlp.tokenizer) is Tokenizer


def pipe_in_processes(
    texts: Iterable[str], nlp: Language, code: str | None, component: KgattnLinker, n_process: int, batch_size: int
) -> Iterator[Doc]:
    """Tokenise and link a stream of texts in worker processes, in order.

    Args:
        texts: Texts that were checked.
        nlp: The pipeline that makes documents of them.
        code: Its language code when it was made from one: workers then make their own.
        component: The linker.
        n_process: Workers, at least 1.
        batch_size: Texts sent at a time.

    Raises:
        LinkingError: A worker failed or ended, or a memory zone ended before the documents made in it were taken.
    """
    context = multiprocessing.get_context()
    stream = iter(texts)
    batches = iter(lambda: list(islice(stream, batch_size)), [])
    queues: list[Any] = [context.Queue() for _ in range(n_process)]
    pipes = [context.Pipe(duplex=False) for _ in range(n_process)]
    arguments = code or nlp, component
    processes = [
        context.Process(target=_work, args=(*arguments, queue, sender), daemon=True)
        for queue, (_, sender) in zip(queues, pipes, strict=True)
    ]
    sent, strings = 0, KeptStrings(nlp.vocab)
    try:
        for batch in islice(batches, _BATCHES_AHEAD * n_process):
            queues[sent % n_process].put(batch)
            sent += 1
        for process in processes:
            process.start()
        for _, sender in pipes:
            sender.close()
        for received in count():
            if received == sent:
                return
            turn = received % n_process
            zone = Zone(nlp.vocab)
            docs = _receive(pipes[turn][0], processes[turn], nlp.vocab, strings, component)
            for batch in islice(batches, 1):
                queues[sent % n_process].put(batch)
                sent += 1
            yield from zone.given_out(docs)
    finally:
        for queue in queues:
            queue.cancel_join_thread()
            queue.close()
        for process in processes:
            if process.pid is not None:
                process.kill()  # SIGTERM is lost on a worker just forked, and may have a handler of the caller's
                process.join()
        for receiver, _ in pipes:
            receiver.close()


def _receive(receiver: Any, process: Any, vocab: Vocab, strings: KeptStrings, component: KgattnLinker) -> list[Doc]:
    connection.wait([receiver, process.sentinel])  # other workers hold copies of the pipe: its end tells nothing
    try:
        answer = receiver.recv() if receiver.poll() else None
    except EOFError:
        answer = None
    if answer is None:
        raise LinkingError("a worker process ended before its texts were linked; was it killed for memory?")
    if isinstance(answer, str):
        raise LinkingError(f"a worker process failed; run with n_process=1 to see where:\n{answer}")
    if isinstance(answer, PackedDocs):
        return unpack(answer, vocab, strings, component)
    return [Doc(vocab).from_bytes(data) for data in answer]


def _work(pipeline: str | Language, component: KgattnLinker, queue: Any, sender: Any) -> None:
    """What a worker does until it is terminated."""
    threading.Thread(target=leave_with_parent, daemon=True).start()
    with suppress(BrokenPipeError, KeyboardInterrupt):
        nlp = resolve_pipeline(pipeline)
        packer = Packer(nlp.vocab)
        bare = is_bare(nlp)
        while True:
            try:
                sender.send(_answer(queue.get(), nlp, component, packer, bare))
            except BrokenPipeError:
                raise
            except Exception:
                sender.send(traceback.format_exc())


def _answer(texts: list[str], nlp: Language, component: KgattnLinker, packer: Packer, bare: bool) -> Any:
    if bare:
        docs = [nlp.make_doc(text) for text in texts]
        return packer.pack(docs, *component.find(docs))
    docs = list(component.pipe(nlp.pipe(texts)))
    return [doc.to_bytes() for doc in docs]
