"""Measure the linker's matching against spaCy's PhraseMatcher and EntityRuler, and a pipeline against its tokenizer.

    python -m benchmarks.linker_speed                    10k, 100k and 1M aliases: half an hour, 14 GiB, a quiet core
    python -m benchmarks.linker_speed --sizes 1000       small, result to runs/: to see that it works

Every engine lives in a process of its own and takes its turn in rounds; times are CPU seconds, memory is what building
adds to the peak. Before anything is timed, all engines must find the same mentions: leftmost-longest for the linker
and the raw matches of PhraseMatcher, longest first for EntityRuler and PhraseMatcher with `filter_spans`.

With KGATTN_DATA the pipeline is also timed on the texts of two corpora, with the linker's own settings: there it judges
candidates by words and other mentions and finds abbreviations and short names, of which generated text has none.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kgattn.files import write_json
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data")).expanduser().absolute()
NAME = "linker_speed"
KIND = "linker_speed"
CORPORA = (("BC5CDR", "bc5cdr", "mesh_drugs"), ("politics", "crossner/politics", "encyclopedia"))
SENTENCES = 10
"""Sentences of a corpus in one document, as in an abstract."""
SIZES = (10_000, 100_000, 1_000_000)
ENGINES = ("kgattn", "PhraseMatcher", "EntityRuler")
ROUNDS = 6
DENSITY = 0.033  # mentions a token: what the Human Phenotype Ontology has in its own definitions
BATCH_TOKENS = 4096
SYLLABLES = (
    *("ba", "co", "di", "fu", "ka", "lo", "mi", "nar", "os", "pe"),
    *("qui", "ra", "sta", "tor", "ul", "ver", "wen", "xi", "yo", "zan"),
)


def make_aliases(size: int) -> list[str]:
    """Distinct aliases of one to five words; most single words and a third of the others are in no text by chance."""
    random = np.random.default_rng(1)
    words, weights = vocabulary()
    weights = weights**0.6
    aliases: dict[str, None] = {}
    while len(aliases) < size:
        lengths = random.choice(5, size=size, p=[0.3, 0.4, 0.2, 0.07, 0.03]) + 1
        common = random.choice(len(words), size=int(lengths.sum()), p=weights / weights.sum())
        rare = random.random(len(common)) < np.repeat(np.where(lengths == 1, 1.0, 0.35), lengths)
        own = random.integers(len(SYLLABLES), size=(len(common), 4))
        texts = [_word(own[at]) if rare[at] else words[common[at]] for at in range(len(common))]
        first = 0
        for length in lengths.tolist():
            aliases[" ".join(texts[first : first + length])] = None
            first += length
    return list(aliases)[:size]


def make_texts(aliases: Sequence[str], tokens: int) -> list[str]:
    """Documents of ten sentences in words of Zipf's distribution, with aliases strewn in."""
    random = np.random.default_rng(2)
    words, weights = vocabulary()
    drawn = iter(random.choice(len(words), size=2 * tokens, p=weights / weights.sum()).tolist())
    named = iter(random.integers(len(aliases), size=tokens).tolist())
    texts = []
    for _ in range(tokens // 250):
        sentences = [
            " ".join(aliases[next(named)] if random.random() < DENSITY else words[next(drawn)] for _ in range(24))
            for _ in range(10)
        ]
        texts.append(". ".join(sentences) + ".")
    return texts


def vocabulary() -> tuple[list[str], np.ndarray]:
    """50,000 words of two and three syllables, and how often they come."""
    random = np.random.default_rng(0)
    words = list(dict.fromkeys(_word(row[: 3 - row[3] % 2]) for row in random.integers(20, size=(90_000, 4))))
    return words, 1.0 / (np.arange(len(words)) + 2.7)


def _word(syllables: np.ndarray) -> str:
    return "".join(SYLLABLES[syllable] for syllable in syllables)


def engine_process(engine: str, size: int, tokens: int, most_docs: int, pipe: Any) -> None:
    """Build one engine, say what it finds, then time a round whenever asked."""
    import spacy

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker

    _ = KnowledgeGraph, EntityLinker  # what `make` would import
    aliases = make_aliases(size)
    texts = make_texts(aliases, tokens)[:most_docs]
    nlp = spacy.blank("en")
    docs = list(nlp.pipe(texts))
    memory, started = _peak_mib(), time.process_time()
    run, found = {"kgattn": _kgattn, "PhraseMatcher": _phrase_matcher, "EntityRuler": _entity_ruler}[engine](
        nlp, aliases
    )
    built, added = time.process_time() - started, _peak_mib() - memory
    pipe.send({"build_seconds": built, "added_mib": added, "tokens": sum(map(len, docs)), **found(docs)})
    while pipe.recv():
        started = time.process_time()
        run(docs)
        pipe.send(time.process_time() - started)


Engine = tuple[Callable[[list[Any]], object], Callable[[list[Any]], dict[str, Any]]]


def _kgattn(nlp: Any, aliases: list[str]) -> Engine:
    from kgattn.graph import KnowledgeGraph
    from kgattn.linking import EntityLinker, LinkerConfig
    from kgattn.linking.matching import find_aliases

    labels = {f"E{row}": alias for row, alias in enumerate(aliases)}
    config = LinkerConfig(case="ignore", stop_words=False)
    linker = EntityLinker(KnowledgeGraph.from_triples([], labels=labels), nlp, config)
    folder = ROOT / "runs" / NAME / "index"
    linker.save_index(folder)
    index, table = linker.component.index, linker.component._table
    trie = index.trie.plain

    def run(docs: list[Any]) -> list[tuple[int, int, int]]:
        places: list[tuple[int, int, int]] = []
        first = 0
        for batch in _batches(docs):
            found = find_aliases(table.stream(batch, trie), trie)
            places.extend(zip((found.doc + first).tolist(), found.start.tolist(), found.end.tolist(), strict=True))
            first += len(batch)
        return places

    mib = sum(array.nbytes for array in index.arrays().values()) / 2**20
    return run, lambda docs: {"leftmost": run(docs), "index_mib": mib, "open_seconds": _open_seconds(folder)}


def _open_seconds(folder: Path) -> float:
    from kgattn.linking.index import LinkIndex

    started = time.perf_counter()
    LinkIndex.open(folder)
    return time.perf_counter() - started


def _phrase_matcher(nlp: Any, aliases: list[str]) -> Engine:
    from spacy.matcher import PhraseMatcher
    from spacy.util import filter_spans

    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("KG", list(nlp.tokenizer.pipe(aliases)))

    def run(docs: list[Any]) -> list[list[Any]]:
        return [filter_spans(matcher(doc, as_spans=True)) for doc in docs]

    def found(docs: list[Any]) -> dict[str, Any]:
        longest = [(row, span.start, span.end) for row, spans in enumerate(run(docs)) for span in spans]
        leftmost = [(row, *place) for row, doc in enumerate(docs) for place in _leftmost(matcher(doc))]
        return {"longest": longest, "leftmost": leftmost}

    return run, found


def _entity_ruler(nlp: Any, aliases: list[str]) -> Engine:
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER", "overwrite_ents": True})
    ruler.add_patterns([{"label": "KG", "pattern": alias, "id": f"E{row}"} for row, alias in enumerate(aliases)])

    def run(docs: list[Any]) -> list[Any]:
        return [ruler(doc) for doc in docs]

    def found(docs: list[Any]) -> dict[str, Any]:
        return {"longest": [(row, span.start, span.end) for row, doc in enumerate(run(docs)) for span in doc.ents]}

    return run, found


def pipeline_process(engine: str, size: int, tokens: int, most_docs: int, pipe: Any) -> None:
    """Time a blank pipeline with and without the linker; `cold` is its first pass over the texts, `warm` the next."""
    import spacy

    from kgattn.linking.index import LinkIndex

    texts = make_texts(make_aliases(size), tokens)[:most_docs]
    index = LinkIndex.open(ROOT / "runs" / NAME / "index")
    pipe.send({})
    turn = 0
    while pipe.recv():
        pipe.send(_pipeline_seconds(spacy, index, texts, turn))
        turn += 1


def _pipeline_seconds(spacy: Any, index: Any, texts: Sequence[str], turn: int) -> list[float]:
    """New pipelines without and with the linker, each over the texts once, then again; every other turn with it first.

    Returns:
        Seconds without and with it, then of the second pass without and with it.
    """
    bare, linking = spacy.blank("en"), spacy.blank("en")
    linking.add_pipe("kgattn_linker").set_index(index)
    seconds = []
    for _ in ("cold", "warm"):
        taken = {}
        for nlp in (linking, bare) if turn % 2 else (bare, linking):
            started = time.process_time()
            for _doc in nlp.pipe(texts):
                pass
            taken[nlp] = time.process_time() - started
        seconds += [taken[bare], taken[linking]]
    return seconds


def measure_corpus(name: str, folder: str, graph: str, rounds: int) -> dict[str, Any]:
    """The pipeline on the texts of a corpus, linked to a graph by the linker's own settings."""
    import spacy

    from kg_data.registry import BUILDERS
    from kgattn.linking import EntityLinker
    from kgattn.ner.corpus import load_corpus

    corpus = load_corpus(DATA / folder)
    sentences = [" ".join(sentence.words) for part in (corpus.train, corpus.dev, corpus.test) for sentence in part]
    texts = [" ".join(sentences[at : at + SENTENCES]) for at in range(0, len(sentences), SENTENCES)]
    linker = EntityLinker(BUILDERS[graph].build(DATA / BUILDERS[graph].folder), spacy.blank("en"))
    docs = list(linker.pipe(texts))
    seconds = [_pipeline_seconds(spacy, linker.component.index, texts, turn) for turn in range(rounds)]
    row = {"corpus": name, "graph": graph, "engine": "pipeline", "tokens": sum(map(len, docs))}
    row |= {"aliases": len(linker.component.index.trie.lower_row)}
    return row | {"mentions": sum(len(doc.spans["kgattn"]) for doc in docs), **_speeds(seconds)}


def _speeds(seconds: list[list[float]]) -> dict[str, Any]:
    """Of each round: the bare pipeline's seconds over the linking one's, at first and repeated; the medians."""
    ratios = [[plain / linking for plain, linking in (one[:2], one[2:])] for one in seconds]
    cold, warm = (statistics.median(column) for column in zip(*ratios, strict=True))
    return {"cold": cold, "warm": warm, "seconds": seconds}


def _leftmost(matches: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """The longest of the raw matches at the leftmost place, and so on behind it."""
    end = 0
    for start, negative in sorted({(start, -stop) for _, start, stop in matches}):
        if start >= end:
            end = -negative
            yield start, end


def _batches(docs: list[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for doc in docs:
        batch.append(doc)
        if sum(map(len, batch)) >= BATCH_TOKENS:
            yield batch
            batch = []
    if batch:
        yield batch


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(size: int, tokens: int, rounds: int) -> list[dict[str, Any]]:
    """All engines at one number of aliases, interleaved; the medians."""
    context = multiprocessing.get_context("spawn")
    few = max(100_000 // size, 1) * 20  # EntityRuler slows down with the number of patterns
    jobs = [(engine, engine_process, few if engine == "EntityRuler" else tokens) for engine in ENGINES]
    jobs.append(("pipeline", pipeline_process, tokens))
    pipes, processes, facts = {}, [], {}
    for engine, target, most_docs in jobs:
        pipes[engine], theirs = context.Pipe()
        process = context.Process(target=target, args=(engine, size, tokens, most_docs, theirs))
        process.start()
        processes.append(process)
        facts[engine] = pipes[engine].recv()
        print(f"{size} aliases: {engine} is ready", flush=True)
    _check(facts)
    seconds: dict[str, list[Any]] = {engine: [] for engine in pipes}
    for _ in range(rounds):
        for engine, pipe in pipes.items():
            pipe.send(True)
            seconds[engine].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    for process in processes:
        process.join()
    rows = []
    for engine in ENGINES:
        fact, median = facts[engine], statistics.median(seconds[engine])
        row = {"aliases": size, "engine": engine, "tokens": fact["tokens"], "seconds": seconds[engine]}
        row |= {
            name: fact[name] for name in ("build_seconds", "added_mib", "index_mib", "open_seconds") if name in fact
        }
        rows.append(row | {"tokens_per_second": fact["tokens"] / median, "mentions": _mentions(fact)})
    rows.append({"aliases": size, "engine": "pipeline", **_speeds(seconds["pipeline"])})
    return rows


def _mentions(fact: dict[str, Any]) -> int:
    return len(fact.get("leftmost", fact.get("longest", ())))


def _check(facts: dict[str, dict[str, Any]]) -> None:
    if facts["kgattn"]["leftmost"] != facts["PhraseMatcher"]["leftmost"]:
        raise SystemExit("the linker and PhraseMatcher find other mentions: no time counts")
    ruled = facts["EntityRuler"]["longest"]
    last = max((row for row, _, _ in ruled), default=-1)
    if ruled != [place for place in facts["PhraseMatcher"]["longest"] if place[0] <= last]:
        raise SystemExit("EntityRuler and PhraseMatcher find other mentions: no time counts")


def markdown(report: dict[str, Any]) -> str:
    """The table of the README."""
    lines = [
        "| aliases | engine | tokens/s | times PhraseMatcher | added memory, MiB | build, s |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    speed = {
        (row["aliases"], row["engine"]): row["tokens_per_second"] for row in report["rows"] if "build_seconds" in row
    }
    for row in report["rows"]:
        if row["engine"] == "pipeline":
            on = f"{row['corpus']} with `{row['graph']}`, pipeline" if "corpus" in row else "pipeline"
            text = f"{on} with the linker: {row['cold']:.2f} of the bare tokenizer's speed, repeated {row['warm']:.2f}"
            lines.append(f"| {row['aliases']:,} | {text} | | | | |")
        else:
            times = speed[row["aliases"], row["engine"]] / speed[row["aliases"], "PhraseMatcher"]
            lines.append(
                f"| {row['aliases']:,} | {row['engine']} | {row['tokens_per_second']:,.0f} | {times:.3g} "
                f"| {row['added_mib']:,.0f} | {row['build_seconds']:.1f} |"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{NAME}", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of aliases")
    parser.add_argument("--tokens", type=int, default=250_000, help="words of the generated texts, about")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each engine")
    options = parser.parse_args(arguments)
    (ROOT / "runs" / NAME).mkdir(parents=True, exist_ok=True)
    rows = [row for size in options.sizes for row in measure(size, options.tokens, options.rounds)]
    if DATA.is_dir():
        rows += [measure_corpus(*corpus, options.rounds) for corpus in CORPORA]
    else:
        print(f"no folder {DATA}: the corpora are left out; set KGATTN_DATA to the folder that has them")
    environment = describe_environment(torch.device("cpu"), None)
    environment["versions"] |= {name: version(name) for name in ("spacy", "numpy")}
    report = {"kind": KIND, "density": DENSITY, "rows": rows, **environment}
    folder = ROOT / "benchmarks" / "results" if tuple(options.sizes) == SIZES else ROOT / "runs"
    write_json(folder / f"{NAME}.json", report)
    print(markdown(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
