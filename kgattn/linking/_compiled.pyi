import numpy as np
from jaxtyping import Shaped, UInt64

from kgattn.linking.trie import AtomTrie, DistinctTokens
from kgattn.shapes import Int

def rows_of(
    orths: UInt64[np.ndarray, " token"], places: Shaped[np.ndarray, " place"], rows: Int[np.ndarray, " token"]
) -> None: ...
def put_rows(
    orths: UInt64[np.ndarray, " new"], rows: Int[np.ndarray, " new"], places: Shaped[np.ndarray, " place"]
) -> None: ...
def distinct_ids(
    ids: UInt64[np.ndarray, " id"], scratch: Int[np.ndarray, " place"], distinct: UInt64[np.ndarray, " id"]
) -> int: ...
def leftmost_hits(
    tokens: Int[np.ndarray, " token"],
    distinct: DistinctTokens,
    trie: AtomTrie,
    first_token: Int[np.ndarray, " token"],
    last_token: Int[np.ndarray, " token"],
    alias_row: Int[np.ndarray, " token"],
) -> int: ...
