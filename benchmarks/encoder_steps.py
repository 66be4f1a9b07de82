"""What each graph encoder costs: whole biased training steps of MiniLM, and the layer alone.

    python -m benchmarks.encoder_steps               about 8 minutes on one quiet core, into results/
    python -m benchmarks.encoder_steps --repeats 2 -o runs/encoder_steps.json

A step is forward and backward of 16 texts of 128 tokens with 8 mentions of the bundled graph each, without attention
dropout. Every encoder has its turn in each round, and a ratio to "mean", the mean of the neighbours; "mean again" shows
the noise. R-GCN must stay within 1.10 of it. The layer alone runs on what one such batch samples, beside PyG's RGCNConv
with the same weights.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.nn import RGCNConv

from kg_data import bundled_graph
from kgattn.encoders import COMPOSITIONS, ENCODERS, GraphFeatures
from kgattn.encoders.layers import LAYERS, LayerSettings
from kgattn.encoders.relational import RelationalLayer
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, inject
from kgattn.injection.architectures import find_architecture
from kgattn.ner.labels import LabelSet
from kgattn.speed.kernels import Shape
from kgattn.speed.measure import clock_for, interleave
from kgattn.speed.memory import keep_freed_memory
from kgattn.speed.steps import make_batch, open_gates, set_attention_dropout, sharing_parameters
from kgattn.training.checkpoints import load_tagger
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "encoder_steps.json"
SHAPE = Shape(16, 1, 128, 1, 8)
BASELINE, ALLOWED = "mean", 1.10
DEVICE = torch.device("cpu")


def variants() -> dict[str, InjectionConfig]:
    """Each encoder, each composition, and the baseline first and once more."""
    plain = [name for name in ENCODERS if name not in (BASELINE, "compgcn")]
    return {
        BASELINE: InjectionConfig(encoder=BASELINE),
        f"{BASELINE} again": InjectionConfig(encoder=BASELINE),
        **{name: InjectionConfig(encoder=name) for name in plain},
        **{f"compgcn {name}": InjectionConfig(encoder="compgcn", composition=name) for name in COMPOSITIONS},
    }


def measure_steps(graph: KnowledgeGraph, repeats: int) -> list[dict[str, Any]]:
    """Whole training steps, interleaved."""
    model: Any = load_tagger("minilm", LabelSet(("thing",)))
    inputs, links = make_batch(model.config.vocab_size, graph, SHAPE, DEVICE)
    labels = torch.zeros_like(inputs["input_ids"])

    def step(config: InjectionConfig) -> Callable[[], object]:
        network = sharing_parameters(model)
        for module in find_architecture(network).attentions:
            set_attention_dropout(module, 0.0)
        network = inject(network, graph, config).train()
        open_gates(network)

        def run() -> object:
            network.zero_grad(set_to_none=True)
            return network(**inputs, **links, labels=labels).loss.backward()

        return run

    runs = {name: step(config) for name, config in variants().items()}
    return [timing.to_json() for timing in interleave(runs, repeats, clock_for(DEVICE)[1])]


def measure_layers(graph: KnowledgeGraph, repeats: int) -> dict[str, Any]:
    """Forward and backward of one layer, on what a batch samples."""
    config = InjectionConfig()
    seeds = np.unique(make_batch(1000, graph, SHAPE, DEVICE)[1]["kg_entities"].numpy())
    features = GraphFeatures(graph, config.code_dim)
    sampled = features.sample(seeds, config.num_hops, config.fan_out)
    codes, edges = features.relation_codes(), sampled.edge_index
    torch.manual_seed(0)
    nodes = torch.randn(len(sampled.label_codes), config.entity_dim, requires_grad=True)

    def run(layer: nn.Module, *inputs: Tensor) -> Callable[[], object]:
        def forward_and_backward() -> object:
            layer.zero_grad(set_to_none=True)
            nodes.grad = None
            return layer(nodes, edges, sampled.edge_type, *inputs).sum().backward()

        return forward_and_backward

    def make(name: str, composition: str) -> nn.Module:
        return LAYERS[name](LayerSettings(config.entity_dim, config.code_dim, config.num_bases, composition))

    rgcn = make("rgcn", config.composition)
    assert isinstance(rgcn, RelationalLayer)
    conv = tied_conv(rgcn, codes)
    runs = {"rgcn": run(rgcn, codes), "PyG RGCNConv(num_bases)": run(conv)}
    runs |= {name: run(make(name, config.composition), codes) for name in LAYERS if name not in ("rgcn", "compgcn")}
    runs |= {f"compgcn {name}": run(make("compgcn", name), codes) for name in COMPOSITIONS}
    with torch.no_grad():
        degree = torch.bincount(edges[1], minlength=len(nodes))[:, None]
        expected = rgcn.norm(nodes + conv(nodes, edges, sampled.edge_type) / (1 + degree))
        difference = float((rgcn(nodes, edges, sampled.edge_type, codes) - expected).abs().max())
    return {
        "nodes": len(nodes),
        "edges": edges.shape[1],
        "relations": len(codes),
        "difference_from_rgcn_conv": difference,
        "timings": [timing.to_json() for timing in interleave(runs, repeats, clock_for(DEVICE)[1])],
    }


def tied_conv(rgcn: RelationalLayer, codes: Tensor) -> RGCNConv:
    """PyG's layer with the same bases, and the coefficients that ours reads off the relations' codes."""
    dim = rgcn.basis.in_features
    conv = RGCNConv(dim, dim, len(codes) - 1, num_bases=rgcn.num_bases, aggr="add", bias=False)
    with torch.no_grad():
        bases = rgcn.basis.weight.view(rgcn.num_bases, dim, dim).transpose(1, 2)
        coefficients = rgcn.coefficients(codes)
        conv.weight.copy_(bases)
        conv.comp.copy_(coefficients[:-1])
        conv.root.copy_(torch.einsum("b,bio->io", coefficients[-1], bases))
    return conv


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 when R-GCN costs more than allowed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder_steps", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    kept = keep_freed_memory()
    graph = bundled_graph.build()
    layers = measure_layers(graph, 10 * chosen.repeats)
    steps = measure_steps(graph, chosen.repeats)
    rgcn = next(row["ratio"] for row in steps if row["name"] == "rgcn")
    result = {
        "settings": {
            "model": "minilm",
            "batch": SHAPE.batch,
            "length": SHAPE.length,
            "mentions": SHAPE.mentions,
            "graph": {"entities": graph.num_entities, "triples": graph.num_triples, "fingerprint": graph.fingerprint},
            "repeats": chosen.repeats,
            "clock": clock_for(DEVICE)[0],
            "freed_memory_kept": kept,
        },
        "environment": describe_environment(DEVICE, None),
        "steps": steps,
        "rgcn_within": {"ratio": rgcn, "allowed": ALLOWED, "holds": rgcn <= ALLOWED},
        "layers": layers,
    }
    write_json(chosen.output, result)
    for title, rows in (("step", steps), ("layer", layers["timings"])):
        for row in rows:
            low, high = row["ratio_low"], row["ratio_high"]
            print(f"{title} {row['name']}: {row['milliseconds']:.1f} ms, {row['ratio']:.3f} [{low:.3f}, {high:.3f}]")
    print(f"layer against RGCNConv: largest difference {layers['difference_from_rgcn_conv']:.1e}")
    return 0 if rgcn <= ALLOWED else 1


if __name__ == "__main__":
    raise SystemExit(main())
