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
def put_rows(
    orths: UInt64[np.ndarray, " new"],
    rows: Int[np.ndarray, " new"],
    table_orth: UInt64[np.ndarray, " place"],
    table_row: Int[np.ndarray, " place"],
    shift: int,
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
    scratch: Int[np.ndarray, "4 token"],
) -> int: ...
