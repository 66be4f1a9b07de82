"""Link-prediction pre-training beside PyG's own loop and published ranks, as Markdown."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from kgattn.report.table import markdown_lines

NAME = "pretraining"
HEADER = ("model", "loop", "filtered MRR", "Hits@1", "Hits@3", "Hits@10", "mean rank")
LOOPS = {"ours": "`kgattn graph pretrain`", "pyg": "PyG's example"}


def markdown(result: Mapping[str, Any]) -> str:
    """A line for each model and loop, means over seeds; below it the published MRR."""
    settings, lines, published = result["settings"], [], []
    for model, values in result["models"].items():
        lines += [(model, name, *_ranks(values["runs"][key])) for key, name in LOOPS.items()]
        published.append(f"{model} {values['published']}")
    below = (
        f"{settings['epochs']} epochs, {settings['hidden']} dimensions, {settings['seeds']} seeds. Published MRR, of "
        f"larger models trained longer: {'; '.join(published)}."
    )
    return "\n".join([*markdown_lines(HEADER, lines), "", below])


def _ranks(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    found = [run["test"]["filtered"] for run in runs]
    digits = {"mrr": 3, "hits_at_1": 3, "hits_at_3": 3, "hits_at_10": 3, "mean_rank": 0}
    return tuple(f"{fmean(ranks[key] for ranks in found):.{places}f}" for key, places in digits.items())
