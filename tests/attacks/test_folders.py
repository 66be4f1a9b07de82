"""Graph folders somebody tampered with, and paths that lead nowhere good."""

import json
import os
import shutil

import numpy as np
import pytest

from kgattn.graph import KnowledgeGraph


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "graph"
    KnowledgeGraph.from_triples(
        [("a", "r", "b"), ("b", "s", "c")],
        aliases={"a": ["A"]},
        types={"a": "T"},
        features={"a": [1.0], "b": [2.0], "c": [3.0]},
    ).save(folder)
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "graph")


def test_the_sound_folder_is_read(attempt, folder):
    assert attempt("graph").graph["triples"] == 2


def header(**changes):
    def change(folder):
        path = folder / "graph.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def save(name, values):
    return lambda folder: np.save(folder / name, values, allow_pickle=values.dtype == object)


def array_header(text):
    body = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body


DAMAGES = {
    "no header": lambda folder: (folder / "graph.json").write_bytes(b""),
    "header of nulls": write("graph.json", b"\0" * 100),
    "deep header": write("graph.json", b"[" * 100_000),
    "deep object": write("graph.json", b'{"a":' * 100_000),
    "header not UTF-8": write("graph.json", b'{"format_version": "\xff"}'),
    "header is a list": write("graph.json", b"[]"),
    "number without end": write("graph.json", b"9" * 100_000),
    "another version": header(format_version=10**30),
    "NaN version": header(format_version=float("nan")),
    "counts are text": header(counts="many"),
    "counts differ": header(counts={"entities": 10**30}),
    "no files": header(files=None),
    "sources are numbers": header(sources=[1, None]),
    "fingerprint is no text": header(fingerprint=7),
    "features that are not there": lambda folder: (folder / "features.npy").unlink(),
    "array is a folder": lambda folder: ((folder / "triples.npy").unlink(), (folder / "triples.npy").mkdir()),
    "array is empty": write("triples.npy", b""),
    "array is cut off": lambda folder: (folder / "triples.npy").write_bytes((folder / "triples.npy").read_bytes()[:-4]),
    "array of objects": save("triples.npy", np.array([[{}, {}, {}]], dtype=object)),
    "array of floats": save("triples.npy", np.zeros((2, 3))),
    "array of two columns": save("triples.npy", np.zeros((2, 2), dtype=np.int32)),
    "rows outside": save("triples.npy", np.full((2, 3), 9, dtype=np.int32)),
    "negative rows": save("triples.npy", np.full((2, 3), -1, dtype=np.int32)),
    "offsets that fall": save("alias_offsets.npy", np.array([0, 5, 1, 1])),
    "offsets too few": save("type_offsets.npy", np.array([0, 1])),
    "offsets past the end": save("labels.offsets.npy", np.array([0, 1, 2, 2**62])),
    "vast array": write(
        "triples.npy", array_header("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999, 3), }")
    ),
    "overflowing array": write(
        "triples.npy", array_header(f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({2**63}, 3), }}")
    ),
    "negative array": write(
        "triples.npy", array_header("{'descr': '<i4', 'fortran_order': False, 'shape': (-1, 3), }")
    ),
    "code as header": write("triples.npy", array_header("__import__('os').system('true')")),
    "header that nests": write("triples.npy", array_header("(" * 100)),
    "header without end": write("triples.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b"{" * 1000),
    "pickle": write("triples.npy", b"\x80\x04cos\nsystem\n(S'true'\ntR."),
    "zip": write("triples.npy", b"PK\x03\x04" + b"\0" * 100),
    "odd dtype": write("triples.npy", array_header("{'descr': '|V0', 'fortran_order': False, 'shape': (2, 3), }")),
    "made-up dtype": write(
        "triples.npy", array_header("{'descr': 'O,i4(', 'fortran_order': False, 'shape': (2, 3), }")
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damages(attempt, folder, name):
    DAMAGES[name](folder)
    assert str(folder) in attempt("graph").error


def test_labels_that_are_not_utf_8(attempt, folder):
    np.save(folder / "labels.bytes.npy", np.array([255, 254, 253], dtype=np.uint8))
    assert "must be UTF-8" in attempt("graph").error


@pytest.mark.parametrize(
    "name", ["../../../../../../etc/passwd", "/etc/passwd", "..", "a/../../b", "", ".", "\0", "C:\\x"]
)
def test_names_of_files_that_lead_out_of_the_folder(attempt, folder, name):
    header(files={name: "0" * 64})(folder)
    assert attempt("graph", task="verify").error
    outcome = attempt("graph")
    assert outcome.error or name in ("\0", "C:\\x")  # names that may be in a folder


def test_paths_that_lead_nowhere(attempt, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.ttl").mkdir()
    (tmp_path / "loop.nt").symlink_to(tmp_path / "loop.nt")
    (tmp_path / "far.nt").symlink_to(tmp_path / "nothing.nt")
    os.mkfifo(tmp_path / "pipe.nt")
    for name, message in (
        ("empty", "expected graph.json"),
        ("a.ttl", "expected graph.json"),
        ("loop.nt", "got nothing there"),
        ("far.nt", "got nothing there"),
        ("nothing.nt", "got nothing there"),
        ("pipe.nt", "got a device, a pipe or the like"),
        ("x" * 5000, "got nothing there|cannot be read"),
        ("a.nt/b.nt", "got nothing there"),
        ("nul\0.nt", "got nothing there"),
    ):
        assert any(part in attempt(name).error for part in message.split("|")), name
    for name in (
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/mem",
        "file:///etc/passwd",
        "http://127.0.0.1:9/a.nt",
        "ftp://x/a.nt",
    ):
        assert attempt(name).error


def test_a_folder_in_a_circle(attempt, folder):
    (folder / "graph").symlink_to(folder)
    assert attempt("graph").graph["triples"] == 2


def test_a_file_under_another_format(attempt, folder):
    content = (folder / "triples.npy").read_bytes()
    for suffix in (
        "nt",
        "nq",
        "ttl",
        "trig",
        "n3",
        "rdf",
        "owl",
        "xml",
        "trix",
        "jsonld",
        "obo",
        "graphml",
        "gexf",
        "tsv",
        "csv",
    ):
        assert f"a.{suffix}" in attempt(f"a.{suffix}", content).error
    assert "expected a folder or one of" in attempt("a.bin", content).error
