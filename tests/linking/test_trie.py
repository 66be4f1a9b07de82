import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.linking import loops
from kgattn.linking import trie as trie_module
from kgattn.linking import trie_build as build_module
from kgattn.linking.distinct import follow
from kgattn.linking.trie import ATOM, TOKEN, AtomTrie, DistinctTokens
from kgattn.linking.trie_build import build_edges, cased_keys

# Few atoms whose hashes agree in their high bits: many hash-table collisions.
ATOMS = st.integers(1, 9)
SEQUENCES = st.lists(st.lists(ATOMS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=30, unique=True)


def make_trie(sequences):
    atoms = np.array([atom for sequence in sequences for atom in sequence], dtype=np.uint64)
    lengths = np.array([len(sequence) for sequence in sequences])
    edges = build_edges(atoms, lengths)
    edges.nodes["alias"][edges.end_node] = np.arange(len(sequences))
    rows, none = np.arange(len(sequences), dtype=np.int32), np.zeros(len(sequences) + 1, dtype=np.int64)
    empty = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int32)
    return AtomTrie(*edges[:4], rows, rows, none, *empty)


def match(trie, texts):
    """Match texts of which every atom is a token."""
    tokens, atoms = np.zeros(10, dtype=TOKEN), np.zeros(10, dtype=ATOM)
    tokens["first"], tokens["num_atoms"] = np.arange(10), 1
    atoms["folded"] = atoms["cased"] = np.arange(10)  # 0 is the barrier
    follow(trie, tokens, atoms)
    stream = np.array([atom for text in texts for atom in [*text, 0]], dtype=np.int64)
    hits = trie.match(stream, DistinctTokens(tokens, atoms))
    return list(zip(*(column.tolist() for column in hits), strict=True))


def slow_match(sequences, texts):
    found, offset = [], 0
    for text in texts:
        for start in range(len(text)):
            ends = [end for end in range(len(text), start, -1) if tuple(text[start:end]) in sequences]
            if ends:
                row = sequences.index(tuple(text[start : ends[0]]))
                found.append((offset + start, offset + ends[0] - 1, row))
        offset += len(text) + 1
    return found


@given(sequences=SEQUENCES, texts=st.lists(st.lists(ATOMS, max_size=12), max_size=4))
@settings(max_examples=150, deadline=None)
def test_trie_equals_a_scan(sequences, texts):
    assert match(make_trie(sequences), texts) == slow_match(sequences, texts)


def test_paths_never_meet_even_if_all_edges_share_one_place(monkeypatch):
    monkeypatch.setattr(loops, "words", None)  # compiled code has its own places
    for module in (trie_module, build_module):
        monkeypatch.setattr(module, "edge_place", lambda node, atom, size: np.zeros(len(node), dtype=np.int64))
    sequences = [(1, 2), (2, 1), (3,), (1, 2, 3)]
    texts = [[1, 2, 3, 2, 1, 4], [3, 3], [2, 2, 2]]
    assert match(make_trie(sequences), texts) == slow_match(sequences, texts)


@given(sequences=SEQUENCES, data=st.data())
def test_arrays_do_not_depend_on_the_order_of_sequences(sequences, data):
    other = make_trie(data.draw(st.permutations(sequences)))
    trie = make_trie(sequences)
    for name in ("atom", "parent"):  # aliases have the numbers they were given
        np.testing.assert_array_equal(trie.nodes[name], other.nodes[name])
    for name in ("node_leads", "edge_child", "edge_bits"):
        np.testing.assert_array_equal(getattr(trie, name), getattr(other, name))


@given(sequences=SEQUENCES)
@settings(max_examples=20, deadline=None)
def test_where_no_edge_leads_a_bit_says_so(sequences):
    trie = make_trie([tuple(atom << 58 for atom in sequence) for sequence in sequences])
    for node, leads in enumerate(trie.node_leads.tolist()):
        led = [atom for atom in range(64) if trie.children(np.array([node]), np.array([atom << 58], np.uint64))[0]]
        assert leads == sum(1 << atom for atom in led)


def test_empty_input_gives_nothing():
    assert match(make_trie([(1,)]), []) == []
    edges = build_edges(np.empty(0, np.uint64), np.empty(0, np.int64))
    assert len(edges.nodes) == 1


def test_keys_tell_sequences_apart():
    atoms = np.array([5, 6, 6, 5, 5, 6, 5], dtype=np.uint64)
    keys = cased_keys(atoms, np.array([2, 2, 1, 1, 1])).tolist()
    assert len(set(keys)) == 4
    assert keys[2] == keys[4]
