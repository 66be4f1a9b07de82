"""What `kgattn doctor` sees of real corpora and graphs, on their dev sets; the figures of docs/doctor.md.

python -m benchmarks.doctor        about two minutes on one core
"""

import os
import sys
from pathlib import Path

import torch

from kg_data.registry import BUILDERS
from kgattn.evidence.doctor import doctor
from kgattn.files import write_json
from kgattn.ner.corpus import load_corpus
from kgattn.training.environment import describe_environment

ROOT = Path(__file__).resolve().parent.parent
PAIRS = (
    ("bc5cdr", "mesh_drugs", "en"),
    ("crossner/literature", "fb15k237", "en"),
    ("crossner/politics", "fb15k237", "en"),
    ("crossner/science", "fb15k237", "en"),
    ("crossner/ai", "fb15k237", "en"),
    ("uner_zh_gsdsimp", "dbp15k_zh", "zh"),
    ("wnut17", "fb15k237", "en"),
)


def main() -> int:
    """Look at every pair, write, print."""
    data = Path(os.environ.get("KGATTN_DATA", ROOT.parent / "shared" / "data")).expanduser().absolute()
    rows = []
    for corpus, name, language in PAIRS:
        graph = BUILDERS[name].build(data / BUILDERS[name].folder)
        seen = doctor(graph, load_corpus(data / corpus), language=language).to_dict()
        rows.append(
            {
                "corpus": corpus,
                "graph": name,
                "exact": seen["coverage"]["total"]["exact_share"],
                "exact_unseen": seen["coverage"]["unseen"]["exact_share"],
                "precision": seen["links"]["precision"],
                "taggers": seen["taggers"],
                "joined": seen["pairs"]["joined_sentence_share"],
                "verdict": seen["verdict"]["outcome"],
            }
        )
        print(rows[-1], flush=True)
    environment = describe_environment(torch.device("cpu"), None)
    result = {"kind": "doctor", "split": "dev", "rows": rows, "environment": environment}
    write_json(ROOT / "benchmarks" / "results" / "doctor.json", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
