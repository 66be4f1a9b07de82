"""Streams of chunks: order, processes, and what spaCy keeps of them."""

import multiprocessing
import os
import signal

import pytest
import spacy

from kgattn.errors import LinkingError
from kgattn.linking import EntityLinker, bulk
from kgattn.linking.bulk import link_in_bulk


class Piece:
    """A chunk; at the top of a module, so that it can be pickled."""

    def __init__(self, *contents):
        self.contents = contents


def found(piece, docs, graph):
    assert len(docs) == len(piece.contents)
    return [[(span.text, span.kb_id_, graph.label(span.kb_id_)) for span in doc.spans["kgattn"]] for doc in docs]


PIECES = [
    Piece("Jordan flew to Amman.", ("The", "Jordan", "River"), ""),
    Piece(),
    Piece(("Chicago",), (), "WHO in Amman"),
    *(Piece(f"Amman {number}") for number in range(6)),
]


@pytest.fixture
def expected(linker):
    return [
        [[("Jordan", "Q1", "Jordan"), ("Amman", "Q3", "Amman")], [("Jordan River", "Q5", "Jordan River")], []],
        [],
        [[("Chicago", "Q7", "Chicago")], [], [("WHO", "Q4", "World Health Organization"), ("Amman", "Q3", "Amman")]],
        *([[("Amman", "Q3", "Amman")]] for _ in range(6)),
    ]


def test_texts_and_words_keep_their_order(linker, expected):
    assert list(link_in_bulk(linker, PIECES, found)) == expected


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_processes_keep_the_order_and_read_only_a_little_ahead(linker, expected, method):
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method(method, force=True)
    read = []
    try:
        linked = link_in_bulk(linker, (read.append(piece) or piece for piece in PIECES), found, processes=2)
        assert next(linked) == expected[0]
        assert len(read) == 5  # two ahead for each process
        assert list(linked) == expected[1:]
    finally:
        multiprocessing.set_start_method(before, force=True)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_an_error_in_a_chunk_is_raised(linker, processes):
    linked = link_in_bulk(linker, [*PIECES, Piece("\ud800")], found, processes)
    with pytest.raises(LinkingError, match="text must be valid Unicode"):
        list(linked)


def test_new_words_are_forgotten_once_enough_are_kept(graph, monkeypatch):
    monkeypatch.setattr(bulk, "KEPT_STRINGS", 100)
    linker = EntityLinker(graph, nlp=spacy.blank("en"))
    strings = linker.nlp.vocab.strings
    before, sizes, zones = len(strings), [], []

    def look(piece, docs, graph):
        zones.append(linker.nlp.vocab.in_memory_zone)
        return found(piece, docs, graph)

    pieces = (Piece(*(f"word{number}x{text} of Amman" for text in range(60))) for number in range(6))
    for linked in link_in_bulk(linker, pieces, look):
        assert linked == [[("Amman", "Q3", "Amman")]] * 60
        sizes.append(len(strings) - before)
    assert zones == [False, True, True, True, True, True]
    assert 100 < sizes[0] < 400
    assert sizes[1:] == [sizes[0]] * 5


def test_in_a_zone_of_the_caller_no_other_is_opened(linker, expected, monkeypatch):
    monkeypatch.setattr(bulk, "KEPT_STRINGS", 0)
    with linker.nlp.memory_zone():
        assert list(link_in_bulk(linker, PIECES, found)) == expected


def die(piece, docs, graph):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_killed_process_is_told(linker):
    with pytest.raises(LinkingError, match="a process ended before its texts were linked"):
        list(link_in_bulk(linker, PIECES, die, processes=2))
