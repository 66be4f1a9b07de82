"""Link a corpus of any size on all cores with Hugging Face Datasets: order kept, memory constant, a killed run goes on.

    python examples/link_corpus.py "texts/*.txt" graph linked.jsonl --processes 8

Input is one text a line; output is one JSON object a line with the text and its mentions. Every process maps the same
graph folder, so ten processes need little more memory than one. Needs `pip install 'kgattn[datasets]'`.
"""

import argparse
from functools import cache
from typing import Any

from datasets import load_dataset

from kgattn import EntityLinker, KnowledgeGraph


@cache
def linker_for(graph: str, language: str) -> EntityLinker:
    """One linker a process."""
    return EntityLinker(KnowledgeGraph.load(graph), nlp=language)


def link_batch(batch: dict[str, list[str]], graph: str, language: str) -> dict[str, list[Any]]:
    """Mentions of a batch of texts, as [start, end, entity id] in characters."""
    docs = linker_for(graph, language).pipe(batch["text"])
    return {
        "mentions": [
            [{"start": span.start_char, "end": span.end_char, "entity": span.kb_id_} for span in doc.spans["kgattn"]]
            for doc in docs
        ]
    }


def main(texts: str, graph: str, output: str, language: str = "en", processes: int = 1) -> int:
    """Link all lines of the files and write JSON lines; returns how many texts there were."""
    corpus = load_dataset("text", data_files=texts, split="train")
    linked = corpus.map(
        link_batch,
        batched=True,
        batch_size=1000,
        num_proc=processes if processes > 1 else None,
        fn_kwargs={"graph": graph, "language": language},
        desc="linking",
    )
    linked.to_json(output, force_ascii=False)
    return len(linked)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", help="file or pattern; one text a line")
    parser.add_argument("graph", help="graph folder, from kgattn graph build")
    parser.add_argument("output", help="JSON lines to write")
    parser.add_argument("--language", default="en", help="language code or spaCy pipeline")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    count = main(options.texts, options.graph, options.output, options.language, options.processes)
    print(f"{options.output}: {count} texts")
