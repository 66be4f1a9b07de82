"""Measure what each step of the linker is worth: on two corpora, and on city names that several countries share.

    python -m benchmarks.linker_quality           every step on the corpora's dev sets; about 10 minutes on one core
    python -m benchmarks.linker_quality --test    the defaults on their test sets too, once, when all is decided

The corpora have no entity ids, so what counts there is where links stand: a link is right when its span is that of a
gold mention. Which entity it names is measured on sentences generated from the bundled graph (`city_sentences.py`).
Linking never sees gold.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from spacy.tokens import Doc

from benchmarks.city_sentences import CitySentence, city_sentences
from kg_data import bundled_graph
from kg_data.registry import BUILDERS
from kgattn.files import write_json
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.config import VARIANTS
from kgattn.ner.corpus import Sentence, load_corpus
from kgattn.ner.metrics import entity_spans
from kgattn.speed.measure import interleave
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
NAME = "linker_quality"
REPEATS = 5
OFF: dict[str, Any] = {
    "variants": [],
    "common_words": "none",
    "whole_names": False,
    "titles": False,
    "editions": False,
    "branches": False,
    "commas": False,
    "context_weight": 0.0,
    "coherence_weight": 0.0,
    "abbreviations": False,
    "short_names": False,
}
EVERYTHING = "everything"  # all classes of variants
DEFAULT = LinkerConfig().to_dict()
STEPS: dict[str, dict[str, Any]] = {
    "variants": {"variants": DEFAULT["variants"]},
    **{
        f"variants: {name}": {"variants": [name]}
        for name in ("article", "member", "adjective", "dated", "acronym", "party", "surname")
    },
    **{
        f"variants: {name}, with evidence": {
            "variants": [name],
            "context_weight": DEFAULT["context_weight"],
            "coherence_weight": DEFAULT["coherence_weight"],
        }
        for name in ("party", "surname")
    },
    "common-word filter": {"common_words": DEFAULT["common_words"]},
    "whole names": {"whole_names": DEFAULT["whole_names"]},
    "whole names, titles": {"whole_names": DEFAULT["whole_names"], "titles": DEFAULT["titles"]},
    "editions": {"editions": True},
    "branches": {"branches": True},
    "commas": {"commas": True},
    "abbreviations": {"abbreviations": True},
    "short names": {"short_names": True},
    "context": {"context_weight": DEFAULT["context_weight"]},
    "coherence": {"coherence_weight": DEFAULT["coherence_weight"]},
    "page-rank prior": {"prior": "pagerank"},
}
# Sentences in one document: BC5CDR does not say where an abstract ends; ten sentences are about one.
CORPORA: dict[str, tuple[str, tuple[str, ...], tuple[int, ...]]] = {
    "BC5CDR": ("bc5cdr", ("mesh_drugs",), (1, 10)),
    "CrossNER politics": ("crossner/politics", ("fb15k237", "dbp15k", "bundled"), (1,)),
}


def arms() -> dict[str, LinkerConfig]:
    """Matching alone, with each step alone, with all that are on by default, and with what is off besides."""
    off = {**DEFAULT, **OFF}
    found = {"matching alone": LinkerConfig.from_dict(off)}
    found |= {f"+ {name}": LinkerConfig.from_dict({**off, **changes}) for name, changes in STEPS.items()}
    return {**found, "default": LinkerConfig(), EVERYTHING: LinkerConfig(variants=VARIANTS)}


def span_scores(linker: EntityLinker, sentences: Sequence[Sentence], size: int) -> dict[str, float]:
    """Where links stand, as shares.

    Args:
        linker: The linker.
        sentences: With gold tags, which it does not see.
        size: Sentences in one document.
    """
    words, gold = documents(sentences, size)
    docs = linker.link_words(words)
    hits = links = total = partial = ambiguous = 0
    for doc, spans in zip(docs, gold, strict=True):
        marked = {(span.start, span.end) for span in doc.spans["kgattn"]}
        hits, links, total = hits + len(marked & spans), links + len(marked), total + len(spans)
        partial += sum(any(start < b and a < end for a, b in marked) for start, end in spans - marked)
        ambiguous += sum(len(span._.kg_candidates) > 1 for span in doc.spans["kgattn"])
    return {
        "exact": hits / total,
        "precision": hits / max(links, 1),
        "partial": partial / total,
        "ambiguous": ambiguous / max(links, 1),
        "links": links,
    }


def documents(sentences: Sequence[Sentence], size: int) -> tuple[list[list[str]], list[set[tuple[int, int]]]]:
    """Words and gold spans of documents of `size` sentences each."""
    spans = entity_spans([sentence.tags for sentence in sentences])
    words: list[list[str]] = []
    gold: list[set[tuple[int, int]]] = []
    for number, (sentence, found) in enumerate(zip(sentences, spans, strict=True)):
        if number % size == 0:
            words.append([])
            gold.append(set())
        offset = len(words[-1])
        gold[-1] |= {(start + offset, end + offset) for start, end, _ in found}
        words[-1] += sentence.words
    return words, gold


def speeds(linkers: Mapping[str, EntityLinker], sentences: Sequence[Sentence]) -> dict[str, float]:
    """Tokens a second of linking alone, the words being documents already; the linkers take turns."""
    words, _ = documents(sentences, 1)
    words = words * max(1, 50_000 // sum(map(len, words)))

    def run(linker: EntityLinker) -> Callable[[], object]:
        docs = [Doc(linker.nlp.vocab, words=one) for one in words]
        return lambda: sum(1 for _ in linker.component.pipe(docs))

    timings = interleave({name: run(linker) for name, linker in linkers.items()}, REPEATS, time.process_time)
    tokens = sum(map(len, words))
    return {timing.name: 1000 * tokens / timing.milliseconds for timing in timings}


def city_scores(linker: EntityLinker, sentences: Sequence[CitySentence]) -> dict[str, float]:
    """How often the likeliest entity is the city meant, and how far confidence is from that.

    `calibration` is the expected calibration error (Guo et al. 2017) over ten equal bins of confidence.
    """
    confidence, right = [], []
    for doc, sentence in zip(linker.pipe(one.text for one in sentences), sentences, strict=True):
        at = (sentence.start, sentence.end)
        spans = [span for span in doc.spans["kgattn"] if (span.start_char, span.end_char) == at]
        best = spans[0]._.kg_candidates[0] if spans else None
        confidence.append(best.prior if best else 0.0)
        right.append(best is not None and best.entity_id in sentence.meant)
    shares, hits = np.array(confidence), np.array(right, dtype=np.float64)
    bins = np.minimum((shares * 10).astype(np.int64), 9)
    gaps = [abs(float((shares - hits)[bins == one].sum())) for one in range(10)]
    return {"accuracy": float(hits.mean()), "calibration": sum(gaps) / len(hits), "sentences": len(hits)}


def corpus_rows(name: str, *, test: bool) -> list[dict[str, Any]]:
    """A row for each arm and size of document."""
    folder, graphs, sizes = CORPORA[name]
    data = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data")).expanduser().absolute()
    built = [BUILDERS[one].build(data / BUILDERS[one].folder) for one in graphs]
    graph = KnowledgeGraph.merge(built) if len(built) > 1 else built[0]
    corpus = load_corpus(data / folder)
    linkers = {arm: EntityLinker(graph, config=config) for arm, config in arms().items()}
    tokens = speeds(linkers, corpus.dev)
    rows = []
    for size in sizes:
        for arm, linker in linkers.items():
            scores = {**span_scores(linker, corpus.dev, size), "tokens_per_second": tokens[arm]}
            rows.append({"corpus": name, "split": "dev", "sentences_in_document": size, "arm": arm, **scores})
        for arm in ("default", EVERYTHING) if test else ():
            scores = span_scores(linkers[arm], corpus.test, size)
            rows.append({"corpus": name, "split": "test", "sentences_in_document": size, "arm": arm, **scores})
    return rows


def city_rows() -> list[dict[str, Any]]:
    """A row for prior alone, with each kind of evidence, and with both, on dev and test."""
    graph = bundled_graph.build()
    evidence = ("context_weight", "coherence_weight")
    variants: dict[str, dict[str, Any]] = {
        "prior alone": dict.fromkeys(evidence, 0.0),
        "page-rank prior alone": {**dict.fromkeys(evidence, 0.0), "prior": "pagerank"},
        "+ context": {"coherence_weight": 0.0},
        "+ coherence": {"context_weight": 0.0},
        "default": {},
    }
    rows = []
    for arm, changes in variants.items():
        linker = EntityLinker(graph, config=LinkerConfig.from_dict(changes))
        for split in ("dev", "test"):
            for distracted in (False, True):
                scores = city_scores(linker, city_sentences(graph, split, distracted=distracted))
                rows.append({"arm": arm, "split": split, "distracted": distracted, **scores})
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--test", action="store_true", help="read the corpora's test sets too")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    result: dict[str, Any] = {"format_version": 1, "kind": NAME, "cities": city_rows(), "corpora": []}
    for name in CORPORA:
        result["corpora"] += corpus_rows(name, test=options.test)
    result["settings"] = LinkerConfig().to_dict()
    result["environment"] = describe_environment(torch.device("cpu"), None)
    for row in (*result["cities"], *result["corpora"]):
        print(" ".join(f"{key}={value:.4f}" if isinstance(value, float) else f"{value}" for key, value in row.items()))
    write_json(ROOT / "benchmarks" / "results" / f"{NAME}.json", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
