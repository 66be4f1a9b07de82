"""Hashes of texts that stay the same across processes, machines and row numbers."""

from hashlib import blake2b

import numpy as np
from jaxtyping import UInt64

from kgattn.graph.strings import StringTable


def text_hashes(strings: StringTable) -> UInt64[np.ndarray, " string"]:
    """A 64-bit hash of each string: BLAKE2b over its UTF-8 bytes."""
    digests = b"".join(blake2b(piece, digest_size=8).digest() for piece in strings.encoded(0, len(strings)))
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def mix(hashes: UInt64[np.ndarray, " item"]) -> UInt64[np.ndarray, " item"]:
    """Scramble 64-bit numbers so that sums of them hash well.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
    """
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = hashes ^ (hashes >> np.uint64(31))
    return mixed
