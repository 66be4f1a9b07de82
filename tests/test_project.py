"""The project's own promises: light imports, no network in tests, no forbidden constructs, no stray configuration."""

import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch_geometric", "spacy", "transformers", "rdflib", "seqeval", "scipy", "matplotlib", "torch")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    printed = run_python(f"import sys\n{statement}\nprint(*[name for name in {HEAVY} if name in sys.modules])")
    return set(printed.split())


def test_import_loads_nothing_heavy() -> None:
    assert loaded_by("import kgattn") == set()


def test_help_loads_nothing_heavy() -> None:
    quiet = "import contextlib, io\nfrom kgattn.cli import main\nwith contextlib.redirect_stdout(io.StringIO()): "
    assert loaded_by(quiet + "main(['--help'])") == set()


def test_a_pipeline_of_spacy_without_our_components_loads_nothing_of_theirs() -> None:
    """spaCy imports the factories of all that is installed for every pipeline."""
    assert loaded_by("import spacy; assert spacy.blank('en').has_factory('kgattn_ner')") <= {"spacy", "torch"}


def test_version_agrees_with_the_project_file() -> None:
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert run_python("import kgattn; print(kgattn.__version__)").strip() == declared.group(1)


def test_the_network_is_closed() -> None:
    with pytest.raises(RuntimeError, match="tests run offline"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(RuntimeError, match="tests run offline"):
        urllib.request.urlopen("http://example.org")


def test_every_package_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("kgattn", "kg_data")
        for path in (ROOT / folder).rglob("*.py")
        if not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def test_no_pickle_and_no_eval() -> None:
    forbidden = re.compile(r"\bimport pickle\b|\btorch\.load\(|\ballow_pickle=True\b|(?<![\w.])(eval|exec)\(")
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for folder in ("kgattn", "kg_data", "examples", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_files_hold_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for folder in ("kgattn", "kg_data")
        for path in (ROOT / folder).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}
