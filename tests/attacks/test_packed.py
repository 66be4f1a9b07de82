"""Packed files that unpack without end, or not at all."""

import bz2
import gzip
import io
import lzma

import pytest

PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
NAMES = ["a.nt", "a.ttl", "a.rdf", "a.jsonld", "a.trix", "a.obo", "a.graphml", "a.tsv", "a.csv"]
LABEL = '<http://a/x> <http://www.w3.org/2000/01/rdf-schema#label> "x" .\n'


@pytest.fixture(scope="module")
def bombs():
    """A gigabyte of one byte, in a megabyte and less."""
    packed = io.BytesIO()
    with gzip.open(packed, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b"#" * (1 << 24))
    part = {"bz2": bz2.compress(b"#" * (1 << 24)), "xz": lzma.compress(b"#" * (1 << 24), preset=0)}
    return {"gz": packed.getvalue(), "bz2": part["bz2"] * 64, "xz": part["xz"] * 64}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", ["a.nt", "a.rdf", "a.tsv"])
def test_bombs(attempt, bombs, name, suffix):
    error = attempt(f"{name}.{suffix}", bombs[suffix]).error
    assert "may unpack to 100 times its size" in error or "a line may have 16 MiB" in error or "broken" in error


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_of_lines(attempt, name):
    bomb = gzip.compress(b"\n" * (1 << 22), compresslevel=1)
    error = attempt(f"{name}.gz", bomb).error
    assert "may unpack to 100 times its size" in error or "broken" in error or "not readable" in error


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_cut_off_or_not_packed(attempt, name, suffix):
    packed = PACKERS[suffix](LABEL.encode() * 1000)
    for content in (packed[:-10], packed[: len(packed) // 2], packed[:3], b"plain text", b""):
        outcome = attempt(f"{name}.{suffix}", content)
        assert outcome.error
        assert f"{name}.{suffix}" in outcome.error


def test_a_member_that_follows_is_read_and_rubbish_is_not(attempt):
    parts = [gzip.compress(LABEL.replace("x", name).encode()) for name in "xy"]
    assert attempt("a.nt.gz", b"".join(parts)).graph["labels"] == ["x", "y"]
    assert "cannot be read" in attempt("b.nt.gz", parts[0] + b"rubbish").error


def test_a_vast_dictionary(attempt):
    filters = [
        {"id": lzma.FILTER_LZMA2, "dict_size": 3 << 29, "mode": lzma.MODE_FAST, "nice_len": 2, "mf": lzma.MF_HC3}
    ]
    body = bytearray(lzma.compress(LABEL.encode(), filters=[{**filters[0], "dict_size": 1 << 20}]))
    assert attempt("a.nt.xz", bytes(body)).graph["labels"] == ["x"]
    raw = lzma.compress(LABEL.encode(), format=lzma.FORMAT_ALONE)
    vast = raw[:1] + (0xFFFFFFFF).to_bytes(4, "little") + raw[5:]
    outcome = attempt("b.nt.xz", vast)
    assert outcome.error or outcome.graph["labels"] == ["x"]
