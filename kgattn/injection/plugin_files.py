"""The files of a saved plugin: kgattn_config.json, kgattn.safetensors and graph/."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from kgattn.errors import PluginError
from kgattn.files import check_version, write_json
from kgattn.graph import KnowledgeGraph
from kgattn.graph.storage import save_graph

FORMAT_VERSION = 1
CONFIG, WEIGHTS, GRAPH = "kgattn_config.json", "kgattn.safetensors", "graph"


@dataclass(frozen=True)
class PluginFiles:
    """A plugin as it lies on disk.

    Attributes:
        settings: The injection's settings as JSON values.
        shape: What the model must have: model_type, hidden_size, num_heads, num_layers.
        weights: Parameters by name.
        graph: The graph it was last used with.
    """

    settings: dict[str, Any]
    shape: dict[str, Any]
    weights: dict[str, Tensor]
    graph: KnowledgeGraph

    def write(self, folder: Path) -> None:
        """Write into an empty folder, inside `kgattn.files.replacing`, which turns failures into a StorageError."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.weights.items()}
        save_file(tensors, str(folder / WEIGHTS), metadata={"format": "pt"})
        save_graph(self.graph, folder / GRAPH)  # and not graph.save, which would remember this scratch folder
        head = {"format_version": FORMAT_VERSION, "injection": self.settings, "model": self.shape}
        write_json(folder / CONFIG, {**head, "graph_fingerprint": self.graph.fingerprint})

    @classmethod
    def read(cls, folder: str | Path) -> "PluginFiles":
        """Read a plugin folder.

        Raises:
            PluginError: It is absent, incomplete, broken or of another format version.
        """
        folder = Path(folder)
        for name in (CONFIG, WEIGHTS, GRAPH):
            if not (folder / name).exists():
                raise PluginError(
                    f"{folder} is no kgattn plugin folder: {name} is missing; write one with model.kgattn.save(folder)"
                )
        try:
            head = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise PluginError(f"{folder / CONFIG} is not a JSON object: {error}; save the plugin again") from error
        advice = "use the version of kgattn that wrote it, or save the plugin again"
        check_version(head, (FORMAT_VERSION,), str(folder / CONFIG), advice, PluginError)
        if not (isinstance(head.get("injection"), dict) and isinstance(head.get("model"), dict)):
            raise PluginError(f"{folder / CONFIG} lacks its injection or model block; save the plugin again")
        try:
            weights = load_file(str(folder / WEIGHTS))
        except (OSError, SafetensorError) as error:
            raise PluginError(f"{folder / WEIGHTS} is broken: {error}; save the plugin again") from error
        return cls(head["injection"], head["model"], weights, KnowledgeGraph.load(folder / GRAPH))
