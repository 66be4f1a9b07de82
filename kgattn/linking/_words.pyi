import numpy as np
from jaxtyping import Shaped, UInt8, UInt64
from spacy.strings import StringStore

from kgattn.linking.trie import AtomTrie
from kgattn.shapes import Int

def plain_words(
    orths: UInt64[np.ndarray, " word"],
    strings: StringStore,
    own: UInt64[np.ndarray, " word"],
    tokens: Shaped[np.ndarray, " word"],
    atoms: Shaped[np.ndarray, " word"],
) -> tuple[int, list[int]]: ...
def follow(trie: AtomTrie, tokens: Shaped[np.ndarray, " distinct"], atoms: Shaped[np.ndarray, " atom"]) -> None: ...
def flags_of(
    distinct: Shaped[np.ndarray, " distinct"],
    rows: Int[np.ndarray, " token"],
    spaces: UInt8[np.ndarray, " token"],
    flags: UInt8[np.ndarray, " token"],
    touching: Int[np.ndarray, " token"],
) -> int: ...
