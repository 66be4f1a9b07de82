"""The README's Python runs as printed, and its promises about length and links hold."""

import re
from pathlib import Path
from typing import Any

import pytest

from kgattn import KnowledgeGraph

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def project_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the project's root, for code that reads `kg_data` and writes beside it."""
    (tmp_path / "kg_data").symlink_to(ROOT / "kg_data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(block: str, name: str) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    exec(compile(block, name, "exec"), variables)
    return variables


@pytest.mark.usefixtures("minilm_path")
def test_first_example(project_copy: Path) -> None:
    variables = run(BLOCKS[0], "README, first example")
    assert int((variables["batch"]["kg_entities"] >= 0).sum()) >= 2
    assert (project_copy / "tagger" / "config.json").is_file()


@pytest.mark.usefixtures("minilm_path", "project_copy")
def test_another_graph() -> None:
    run(BLOCKS[0], "README, first example")
    variables = run(BLOCKS[2], "README, another graph")
    model, entities = variables["model"], variables["batch"]["kg_entities"].flatten().tolist()
    assert model.kgattn.graph.entity_index("https://example.org/toy/Bonn") in entities
    assert variables["tag"].links.linker.graph is model.kgattn.graph


def test_own_graph(project_copy: Path) -> None:
    run(BLOCKS[1], "README, own graph")
    graph = KnowledgeGraph.load(project_copy / "runs" / "my-graph")
    assert (graph.num_entities, graph.num_triples) == (2, 2)
    assert graph.aliases("Q183") == ["Federal Republic of Germany"]


def test_first_example_is_short() -> None:
    assert len(BLOCKS[0].strip().splitlines()) <= 16


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert [target for target in targets if not (ROOT / target).exists()] == []
