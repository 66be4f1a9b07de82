"""Names are read in pieces: whatever their size, the index is the same, and they are not all in memory as strings."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgattn.graph import KnowledgeGraph, StringTable
from kgattn.linking import LinkerConfig, candidates, name_pieces, trie_build
from kgattn.linking.build import build_index
from kgattn.linking.config import VARIANTS
from kgattn.linking.lexicon import read_lexicon
from kgattn.linking.name_pieces import chosen_of

MOST_BYTES = 600  # of a name of five words, when most memory is taken; with all names as strings it was 2,300
BUILDING = """
import tracemalloc
from kgattn.graph import KnowledgeGraph
from kgattn.linking import LinkerConfig, name_pieces
from kgattn.linking.build import build_index
from kgattn.linking.lexicon import read_lexicon

name_pieces.PIECE = 2**10
word = lambda number: "".join(chr(97 + (number >> shift) % 16) for shift in range(0, 20, 4))
labels = {f"Q{row}": " ".join(map(word, range(5 * row, 5 * row + 5))) for row in range(20_000)}
graph = KnowledgeGraph.from_triples([], labels=labels)
config = LinkerConfig(variants=(), common_words="none", short_names=False)
lexicon = read_lexicon("en", frozenset(), config)
graph.fingerprint  # the graph's own, and kept
tracemalloc.start()
index = build_index(graph, config, lexicon)
assert len(index.candidates.entities) == len(labels)
print(tracemalloc.get_traced_memory()[1] / len(labels))
"""


def test_building_holds_no_more_than_a_piece_of_the_names_as_strings():
    # In a process of its own: here types are checked at run time, which takes its time and memory.
    done = subprocess.run([sys.executable, "-c", BUILDING], capture_output=True, text=True, check=True)
    assert float(done.stdout) < MOST_BYTES


def test_the_index_does_not_depend_on_the_size_of_the_pieces(monkeypatch):
    labels = {
        "a": "Emma Bonino",
        "b": "red cells",
        "c": "Republicans",
        "d": "neoplasms, breast",
        "e": "WHO",
        "f": "Eva",
    }
    aliases = {
        "a": ["Bonino, Emma", "E. Bonino"],
        "b": ["the red cells", "Red Cells", "WHO"],
        "c": ["red cells", "who"],
    }
    aliases |= {"d": ["breast tumour", "general", "Red cells"], "e": ["World Health Organization", "iWHO", "the WHO"]}
    triples = [("a", "in", "c"), ("b", "of", "d"), ("e", "in", "c")]
    graph = KnowledgeGraph.from_triples(triples, labels=labels, aliases=aliases, types={"a": ["person"]})
    config = LinkerConfig(variants=VARIANTS, fuzzy=True)
    lexicon = read_lexicon("en", frozenset({"the", "who"}), config)
    wanted = build_index(graph, config, lexicon)
    for module, name in ((name_pieces, "PIECE"), (candidates, "_BLOCK"), (trie_build, "_BLOCK")):
        monkeypatch.setattr(module, name, 2)
    got = build_index(graph, config, lexicon)
    assert got.words == wanted.words
    for name, array in wanted.arrays().items():
        np.testing.assert_array_equal(got.arrays()[name], array, err_msg=name)
        assert got.arrays()[name].dtype == array.dtype


@given(st.lists(st.text("ab", max_size=3)), st.lists(st.text("ab", max_size=3)), st.data(), st.integers(1, 5))
def test_chosen_strings_come_in_order(first, second, data, size):
    both = first + second
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(both)))))) if both else []
    before, name_pieces.PIECE = name_pieces.PIECE, size
    try:
        found = list(chosen_of(np.array(chosen, dtype=np.int64), *map(StringTable.from_strings, (first, second))))
    finally:
        name_pieces.PIECE = before
    assert [text for texts in found for text in texts] == [both[place] for place in chosen]
    assert all(len(texts) <= size for texts in found)
