"""Worker processes of `EntityLinker.pipe`."""

import multiprocessing
import os
import signal

import pytest
import spacy
from spacy.language import Language

from kgattn.errors import LinkingError
from kgattn.linking import EntityLinker

TEXTS = ["Jordan can't fly to Amman.", "", "WHO in Chicago, 10km north.", "  spaces  ", "the Jordan River"] * 5
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@Language.component("kgattn_test_breaks")
def breaks(doc):
    if "WHO" in doc.text:
        raise ValueError("broken on purpose")
    return doc


@Language.component("kgattn_test_kills")
def kills(doc):
    import os

    os._exit(3)


def content(doc):
    tokens = [(token.text, token.whitespace_, token.norm_) for token in doc]
    return tokens, [(span.start, span.end, span.kb_id_, span._.kg_candidates) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize("pipes", [[], ["sentencizer"]])
def test_documents_come_back_as_from_one_process(graph, pipes):
    nlp = spacy.blank("en")
    for name in pipes:
        nlp.add_pipe(name)
    linker = EntityLinker(graph, nlp)
    expected = [content(doc) for doc in linker.pipe(TEXTS)]
    assert [content(doc) for doc in linker.pipe(TEXTS, n_process=2, batch_size=3)] == expected


def with_component(graph, name):
    nlp = spacy.blank("en")
    nlp.add_pipe(name)
    return EntityLinker(graph, nlp)


def test_an_error_in_a_worker_is_told(graph):
    with pytest.raises(LinkingError, match=r"a worker process failed(.|\n)*broken on purpose"):
        list(with_component(graph, "kgattn_test_breaks").pipe(TEXTS, n_process=2, batch_size=2))


def test_a_worker_that_ends_is_told(graph):
    with pytest.raises(LinkingError, match="a worker process ended before its texts were linked"):
        list(with_component(graph, "kgattn_test_kills").pipe(TEXTS, n_process=2, batch_size=2))


def test_one_killed_worker_of_two_is_told(linker):
    """The other one holds a copy of its pipe, which therefore never ends."""
    stream = linker.pipe(TEXTS * 2000, n_process=2, batch_size=2)
    next(stream)
    (victim, _) = multiprocessing.active_children()[:2]
    os.kill(victim.pid, signal.SIGKILL)
    with pytest.raises(LinkingError, match="a worker process ended before its texts were linked"):
        list(stream)


def test_a_stream_may_be_left_early(linker):
    others = set(multiprocessing.active_children())
    stream = linker.pipe(iter(TEXTS * 100), n_process=2, batch_size=2)
    assert content(next(stream)) == content(linker(TEXTS[0]))
    workers = set(multiprocessing.active_children()) - others
    assert len(workers) == 2
    stream.close()
    assert not workers & set(multiprocessing.active_children())


def test_a_handler_for_sigterm_keeps_no_worker_alive(linker):
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # which forked workers inherit
    try:
        stream = linker.pipe(iter(TEXTS * 2000), n_process=2, batch_size=500)
        next(stream)
        workers = set(multiprocessing.active_children())
        stream.close()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not workers & set(multiprocessing.active_children())
