"""Measure the fuzzy stage: nearest alias of mentions with one typo, against rapidfuzz looking at every alias.

    python -m benchmarks.linker_fuzzy            100,000 aliases of MeSH and drugs: about 2 minutes
    python -m benchmarks.linker_fuzzy --quick    5,000 of them, into runs/: to see that it works

Both search the same folded aliases with the same cutoff and similarity, one mention at a time, in turns. A mention with
one typo (a letter left out, doubled, changed or swapped) is right when the alias it was made from, or one just as like,
comes first. Two kinds of text should find nothing: random letters, and names of another graph; a link to a name that is
not in the graph is a false one. Times are of this process, so that a busy machine counts less.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from kg_data.registry import BUILDERS
from kgattn.files import write_json
from kgattn.linking import LinkerConfig
from kgattn.linking.atoms import normalise
from kgattn.linking.fuzzy_index import FuzzyIndex

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data"))
NAME = "linker_fuzzy"
CUTOFF = LinkerConfig().fuzzy_cutoff
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MIN_LETTERS = 7  # what the stage itself takes for a term

Search = Callable[[str], tuple[str, float] | None]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5,000 aliases, results to runs/")
    options = parser.parse_args()
    size, mentions, nothing = (5_000, 60, 60) if options.quick else (100_000, 300, 300)
    aliases = sample(distinct("mesh_drugs"), size)
    result = measure(aliases, sample(distinct("bundled"), nothing), mentions, nothing)
    write_json(ROOT / ("runs" if options.quick else "benchmarks/results") / f"{NAME}.json", result)
    for name, row in result["engines"].items():
        print(name, row)


def measure(aliases: list[str], foreign: list[str], mentions: int, nothing: int) -> dict[str, Any]:
    """Scores and times of both engines on the same texts."""
    generator = random.Random(0)
    known = set(aliases)
    originals = [alias for alias in generator.sample(aliases, len(aliases)) if len(alias) >= MIN_LETTERS][:mentions]
    pairs = [(alias, with_typo(alias, generator)) for alias in originals]
    pairs = [(alias, text) for alias, text in pairs if text not in known]
    random_texts = ["".join(generator.choices(LETTERS, k=len(alias))) for alias in originals[:nothing]]
    foreign = [text for text in foreign if text not in known and len(text) >= MIN_LETTERS]

    begin = time.process_time()
    index = FuzzyIndex.build((alias, row) for row, alias in enumerate(aliases))
    seconds = time.process_time() - begin
    arrays = [index.row, index.length, index.offsets, index.alias, index.texts.data, index.texts.offsets]
    texts = sorted(aliases)

    def indexed(text: str) -> tuple[str, float] | None:
        found = index.best(text, CUTOFF)
        return None if found is None else (index.texts[found[0]], found[1])

    def scan(text: str) -> tuple[str, float] | None:
        found = process.extractOne(normalise(text), texts, scorer=fuzz.ratio, score_cutoff=100 * CUTOFF)
        return None if found is None else (found[0], found[1] / 100)

    engines = {"trigram index": indexed, "rapidfuzz scan": scan}
    times: dict[str, list[float]] = {name: [] for name in engines}
    answers: dict[str, list[tuple[str, float] | None]] = {name: [] for name in engines}
    queries = [text for _, text in pairs] + random_texts + foreign
    for text in queries:
        for name, search in engines.items():
            begin = time.process_time()
            answers[name].append(search(text))
            times[name].append(1000 * (time.process_time() - begin))
    rows = {}
    for name in engines:
        right = [
            best is not None and (best[0] == alias or best[1] >= fuzz.ratio(text, alias) / 100)
            for (alias, text), best in zip(pairs, answers[name], strict=False)
        ]
        after = len(pairs) + len(random_texts)
        rows[name] = {
            "recall_at_1": round(sum(right) / len(right), 4),
            "false_links_random": sum(best is not None for best in answers[name][len(pairs) : after]),
            "false_links_other_graph": sum(best is not None for best in answers[name][after:]),
            "median_ms": round(statistics.median(times[name]), 4),
            "p90_ms": round(float(np.quantile(times[name], 0.9)), 4),
        }
    return {
        "aliases": len(aliases),
        "mentions_with_a_typo": len(pairs),
        "random_texts": len(random_texts),
        "names_of_another_graph": len(foreign),
        "cutoff": CUTOFF,
        "engines": rows,
        "times_faster": round(rows["rapidfuzz scan"]["median_ms"] / rows["trigram index"]["median_ms"], 1),
        "index_mib": round(sum(array.nbytes for array in arrays) / 2**20, 1),
        "build_s": round(seconds, 2),
        "same_answer": sum(one == two for one, two in zip(*answers.values(), strict=True)) / len(queries),
        "versions": {"rapidfuzz": version("rapidfuzz"), "numpy": version("numpy")},
    }


def distinct(name: str) -> list[str]:
    """The distinct folded labels and aliases of a graph that the index takes."""
    builder = BUILDERS[name]
    graph = builder.build(DATA / builder.folder)
    return sorted(
        {normalise(text) for text in [*graph.labels, *graph.alias_texts] if len(normalise(text)) >= MIN_LETTERS}
    )


def sample(texts: list[str], number: int) -> list[str]:
    """So many of the texts, drawn with a fixed seed."""
    return random.Random(0).sample(texts, min(number, len(texts)))


def with_typo(text: str, generator: random.Random) -> str:
    """The text with one letter left out, doubled, changed or swapped with the next."""
    at = generator.randrange(1, len(text) - 1)
    kind = generator.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + generator.choice(LETTERS) + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


if __name__ == "__main__":
    main()
