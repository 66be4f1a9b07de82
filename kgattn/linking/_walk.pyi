import numpy as np

from kgattn.linking.trie import AtomTrie, DistinctTokens
from kgattn.shapes import Int

def leftmost_hits(
    tokens: Int[np.ndarray, " token"],
    distinct: DistinctTokens,
    trie: AtomTrie,
    first_token: Int[np.ndarray, " token"],
    last_token: Int[np.ndarray, " token"],
    alias_row: Int[np.ndarray, " token"],
    scratch: Int[np.ndarray, "4 token"],
) -> int: ...
