"""The commands that repeat a committed comparison."""

import json
from pathlib import Path

import pytest

from benchmarks.run import CONFIGS, ROOT, commands, main, portable
from kg_data.registry import BUILDERS


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_a_configuration_names_a_graph_that_can_be_built_and_a_corpus(path: Path, data_dir: Path) -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    assert config["graph"] in BUILDERS
    assert (data_dir / config["data"]).exists()


def test_the_graph_is_built_once(tmp_path: Path) -> None:
    config = {"graph": "towns", "data": "news", "seeds": 3}
    build, compare = commands("news", config, Path("data"), tmp_path)
    assert build[2:] == ["kg_data", "build", "towns", "-o", str(tmp_path / "graphs" / "towns"), "--source", "data"]
    assert compare[2:6] == ["kgattn", "compare", "--data", "data/news"]
    assert compare[-4:] == ["--seeds", "3", "-o", str(tmp_path / "news")]
    (tmp_path / "graphs" / "towns").mkdir(parents=True)
    (tmp_path / "graphs" / "towns" / "graph.json").write_text("{}", encoding="utf-8")
    assert commands("news", config, Path("data"), tmp_path) == [compare]


def test_a_model_that_is_no_wheel_is_written_once(tmp_path: Path) -> None:
    config = {"graph": "towns", "data": "news", "model": "multilingual-e5"}
    folder = tmp_path / "models" / "multilingual-e5"
    *_, write, compare = commands("news", config, Path("data"), tmp_path)
    assert write[2:] == ["benchmarks.multilingual_e5", "-o", str(folder)]
    assert compare[compare.index("--model") + 1] == str(folder)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"")
    assert write not in commands("news", config, Path("data"), tmp_path)


def test_an_unknown_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nonsense"])
    assert "got nonsense" in capsys.readouterr().err


def test_a_result_names_no_folder_of_this_machine() -> None:
    command = f'"kgattn compare --data {ROOT.parent}/corpora/bc5cdr --graph {ROOT}/runs/graphs/mesh -o {ROOT}/runs/x"'
    expected = '"kgattn compare --data ../shared/data/bc5cdr --graph runs/graphs/mesh -o runs/x"'
    assert portable(command, ROOT.parent / "corpora") == expected
