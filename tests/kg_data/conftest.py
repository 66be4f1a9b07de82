"""Graphs that several tests look at, built once."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kg_data import bundled_graph
from kgattn.graph import KnowledgeGraph


@pytest.fixture(scope="session")
def bundled() -> KnowledgeGraph:
    """The bundled graph."""
    return bundled_graph.build()


@pytest.fixture
def build_real(data_dir: Path, tmp_path: Path) -> Callable[[str], KnowledgeGraph]:
    """Build a graph from the real data with the command, in a process without run-time type checks (they are slow)."""

    def build(name: str) -> KnowledgeGraph:
        arguments = ["build", name, "--source", str(data_dir), "-o", str(tmp_path / name)]
        root = Path(__file__).resolve().parents[2]
        subprocess.run(
            [sys.executable, "-m", "kg_data", *arguments], check=True, cwd=root, env=os.environ, capture_output=True
        )
        return KnowledgeGraph.load(tmp_path / name)

    return build
