"""Train with one half of a graph's entities, test with the other: does knowledge reach entities never trained on?

    python -m benchmarks.unseen_entities      five seeds: about an hour on one core

CrossNER politics (KGATTN_DATA) and the graph `encyclopedia`. Entities are halved by a hash of their ids; each half
keeps the triples among its own, and has its types inferred from these. Runs stay under runs/: what was stopped goes on.
Settings are those of `benchmarks/configs/politics.json`, but that half of the training windows are shown without links:
a model that is to meet another graph must not lean on the one it learns with (chosen on dev, see docs/findings.md).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch

from kg_data import encyclopedia
from kgattn.evidence.statistics import compare_arms
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, from_pretrained
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Corpus, load_corpus
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores
from kgattn.ner.predict import make_batches, predict_tags
from kgattn.training.config import TrainConfig
from kgattn.training.encode import without_links
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.run import train_run
from kgattn.training.run_folder import MODEL

ROOT = Path(__file__).resolve().parent.parent
NAME = "unseen_entities"
LINK_DROPOUT = 0.5


def half_of(graph: KnowledgeGraph, which: int) -> KnowledgeGraph:
    """The entities whose id hashes to an even (0) or odd (1) number, the triples among them, and types inferred."""
    ids = [name for name in graph.entity_ids if sha256(name.encode()).digest()[0] % 2 == which]
    kept, names, relations = set(ids), list(graph.entity_ids), list(graph.relation_ids)
    triples = ((names[head], relations[kind], names[tail]) for head, kind, tail in graph.triples.tolist())
    return KnowledgeGraph.from_triples(
        (triple for triple in triples if triple[0] in kept and triple[2] in kept),
        labels={name: [graph.label(name), *graph.aliases(name)] for name in ids},
        types={name: graph.types(name) for name in ids},
        relation_labels=dict(zip(relations, graph.relation_labels, strict=True)),
        type_labels=dict(zip(graph.type_ids, graph.type_labels, strict=True)),
    ).with_inferred_types()


def score(folder: Path, corpus: Corpus, config: TrainConfig, graph: KnowledgeGraph | None) -> EntityScores:
    """Test scores of a trained model with a graph put in place of its own; None tests without any link."""
    model: Any = from_pretrained(folder / MODEL).eval().to(training_device())
    if graph is not None:
        model.kgattn.swap_graph(graph)
    processor = model.kgattn.processor
    labels = LabelSet.from_config(model.config)
    encoded = encode_sentences(corpus.test, processor, labels, config.max_length, config.stride)
    ready = without_links(encoded) if graph is None else encoded
    batches = make_batches(ready, Collator(processor), config.eval_batch_size)
    tags = predict_tags(model, batches, labels, autocast=autocast_type(config.bf16, training_device()))
    return entity_scores([sentence.tags for sentence in corpus.test], tags, linked=encoded.linked)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, swap, test, write."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args(arguments).seeds)
    torch.set_num_threads(1)
    data = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data")).expanduser()
    whole = encyclopedia.build_as_given(data)
    trained, unseen = half_of(whole, 0), half_of(whole, 1)
    corpus = load_corpus(data / "crossner" / "politics")
    counts: dict[str, list[Any]] = {name: [] for name in ("plain", "trained graph", "unseen entities", "no links")}
    linked: list[float] = []
    for seed in seeds:
        runs = ROOT / "runs" / NAME
        plain = train_run(TrainConfig(arm="plain", seed=seed), corpus, trained, runs / f"plain-{seed}")
        config, folder = TrainConfig(seed=seed, link_dropout=LINK_DROPOUT), runs / f"biased-{seed}"
        train_run(config, corpus, trained, folder, injection=InjectionConfig())
        counts["plain"].append(plain.test_counts)
        for name, graph in (("trained graph", trained), ("unseen entities", unseen), ("no links", None)):
            scores = score(folder, corpus, config, graph)
            counts[name].append(scores.sentence_counts)
            if name == "unseen entities":
                parts = scores.slices["linked"], scores.slices["unlinked"]
                linked.append(parts[0].gold / sum(part.gold for part in parts))
        print(seed, {name: round(100 * f1(values[-1]), 2) for name, values in counts.items()}, flush=True)
    result: dict[str, Any] = {
        "format_version": 1,
        "kind": NAME,
        "seeds": len(seeds),
        "link_dropout": LINK_DROPOUT,
        "entities": {"trained": trained.num_entities, "unseen": unseen.num_entities},
        "share_of_gold_linked_to_unseen": float(np.mean(linked)),
        "f1_by_seed": {name: [f1(part) for part in values] for name, values in counts.items()},
    }
    names, against = tuple(counts), [("unseen entities", "plain"), ("trained graph", "plain"), ("no links", "plain")]
    differences = compare_arms(np.array(list(counts.values())), names, tuple(against))
    result["differences"] = [asdict(difference) for difference in differences]
    write_json(ROOT / "benchmarks" / "results" / f"{NAME}.json", result)
    return 0


def f1(counts: Any) -> float:
    """Micro F1 of (right, spurious, missed) by sentence."""
    right, spurious, missed = np.array(counts).sum(axis=0)
    return float(2 * right / (2 * right + spurious + missed))


if __name__ == "__main__":
    sys.exit(main())
