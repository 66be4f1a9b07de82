import numpy as np
from jaxtyping import UInt8, UInt64
from spacy.strings import StringStore

from kgattn.linking.trie import AtomTrie
from kgattn.shapes import Float, Int

def plain_words(
    orths: UInt64[np.ndarray, " word"],
    strings: StringStore,
    own: UInt64[np.ndarray, " word"],
    flags: UInt8[np.ndarray, " word"],
    folded: UInt64[np.ndarray, " word"],
    cased: UInt64[np.ndarray, " word"],
    letter: Int[np.ndarray, " word"],
) -> tuple[int, list[int]]: ...
def follow(
    trie: AtomTrie,
    first: Int[np.ndarray, " distinct"],
    count: Int[np.ndarray, " distinct"],
    folded: UInt64[np.ndarray, " atom"],
    cased: UInt64[np.ndarray, " atom"],
    atom_letter: Int[np.ndarray, " atom"],
    flags: UInt8[np.ndarray, " distinct"],
    rows: Int[np.ndarray, " distinct"],
    nodes: Int[np.ndarray, " distinct"],
    letters: Int[np.ndarray, " distinct"],
    keys: UInt64[np.ndarray, " distinct"],
    lead: UInt64[np.ndarray, " distinct"],
) -> None: ...
def flags_of(
    known: UInt8[np.ndarray, " distinct"],
    rows: Int[np.ndarray, " token"],
    spaces: UInt8[np.ndarray, " token"],
    flags: UInt8[np.ndarray, " token"],
    touching: Int[np.ndarray, " token"],
) -> int: ...
def candidates_of(
    rows: Int[np.ndarray, " mention"],
    cache: dict[int, tuple[tuple[str, float], ...]],
    offsets: Int[np.ndarray, " row_plus_one"],
    entities: Int[np.ndarray, " candidate"],
    priors: Float[np.ndarray, " candidate"],
    id_offsets: Int[np.ndarray, " entity_plus_one"],
    id_data: UInt8[np.ndarray, " byte"],
) -> list[tuple[tuple[str, float], ...]]: ...
