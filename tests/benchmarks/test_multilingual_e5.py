"""The multilingual model out of its 4-bit tensors."""

import struct

import numpy as np
import pytest

from benchmarks.multilingual_e5 import BLOCK, unpack


def packed_tensors(quarters: np.ndarray, scale: float, bias: np.ndarray) -> bytes:
    """A file of one matrix in 4 bits and one vector, in the layout of the real one."""
    head = struct.pack("<4sI7ifi", b"E5S1", 1, BLOCK, 1, 2, BLOCK, 1, 4, 2, 1e-12, BLOCK)
    head += struct.pack("<5iQ", 2, 0, 2, 1, 3, 5) + bytes(4 * 3 + 4 * 2 + 5) + struct.pack("<iI", 1, 3) + bytes(3)
    numbers = (quarters + 8).astype(np.uint8)
    block = struct.pack("<e", scale) + (numbers[:16] | numbers[16:] << 4).tobytes()
    rows, at = b"", len(head) + 4 + sum(2 + len(name) + 21 for name in ("emb.word", "q.b"))
    for name, kind, size, content in (("emb.word", 1, BLOCK, block), ("q.b", 0, len(bias), bias.tobytes())):
        rows += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, size, at, len(content))
        at += len(content)
    return head + struct.pack("<i", 2) + rows + block + bias.tobytes()


def test_four_bits_are_numbers_again() -> None:
    quarters, bias = np.arange(-8, 8).repeat(2), np.array([1.5, -2.0], np.float32)
    sizes, tensors = unpack(packed_tensors(quarters, 0.25, bias))
    assert (sizes["hidden_size"], sizes["max_position_embeddings"]) == (BLOCK, 4)
    assert tensors["emb.word"].tolist() == (quarters * 0.25).tolist()
    assert tensors["q.b"].tolist() == bias.tolist()


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a file that begins with E5S1"):
        unpack(b"GGUF" + bytes(100))
