import numpy as np
from jaxtyping import UInt64

from kgattn.linking.trie import AtomTrie, DistinctTokens
from kgattn.shapes import Int

def rows_of(
    orths: UInt64[np.ndarray, " token"],
    table_orth: UInt64[np.ndarray, " place"],
    table_row: Int[np.ndarray, " place"],
    shift: int,
    rows: Int[np.ndarray, " token"],
) -> None: ...
def leftmost_hits(
    tokens: Int[np.ndarray, " token"],
    distinct: DistinctTokens,
    trie: AtomTrie,
    first_token: Int[np.ndarray, " token"],
    last_token: Int[np.ndarray, " token"],
    alias_row: Int[np.ndarray, " token"],
    scratch: Int[np.ndarray, "4 token"],
) -> int: ...
