"""What `kgattn graph info` says about a graph, as JSON values and as tables for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Int


def summarize(graph: KnowledgeGraph, top: int) -> dict[str, Any]:
    """Count what a graph holds.

    Args:
        graph: The graph.
        top: Length of each list, 0 or more; its entries come by falling count, then by id.

    Returns:
        Counts, provenance, and the commonest types, relations and entities as lists of `id`, `label`, `count`. The
        count of a hub is how many triples it is head or tail of.
    """
    entities, relations, types = graph.num_entities, graph.num_relations, graph.num_types
    degrees = np.bincount(graph.triples[:, [0, 2]].ravel(), minlength=entities)
    return {
        "entities": entities,
        "aliases": len(graph.alias_texts),
        "relations": relations,
        "triples": graph.num_triples,
        "types": types,
        "entities_without_triples": int((degrees == 0).sum()),
        "entities_without_types": int((np.diff(graph.type_offsets) == 0).sum()),
        "feature_dim": None if graph.features is None else int(graph.features.shape[1]),
        "licence": graph.licence,
        "sources": list(graph.sources),
        "provenance": [record.to_json() for record in graph.provenance],
        "fingerprint": graph.fingerprint,
        "top_types": _top(np.bincount(graph.type_indices, minlength=types), graph.type_ids, graph.type_labels, top),
        "top_relations": _top(
            np.bincount(graph.triples[:, 1], minlength=relations), graph.relation_ids, graph.relation_labels, top
        ),
        "hubs": _top(degrees, graph.entity_ids, graph.labels, top),
    }


def _top(
    counts: Int[np.ndarray, " row"], ids: Sequence[str], labels: Sequence[str], top: int
) -> list[dict[str, str | int]]:
    top = min(top, len(counts))
    if not top:
        return []
    least = max(1, np.partition(counts, -top)[-top])
    chosen = sorted((-int(counts[row]), ids[row], row) for row in np.flatnonzero(counts >= least).tolist())
    return [{"id": entry_id, "label": labels[row], "count": -negative} for negative, entry_id, row in chosen[:top]]


def _readings(records: list[dict[str, Any]]) -> Table:
    table = Table("source", "format", "read", "licence", "hash or query", title="read from")
    table.add_column("entities", justify="right")
    table.add_column("triples", justify="right")
    for record in records:
        counts = record["counts"]
        numbers = (f"{counts[name]:,}" if name in counts else "" for name in ("entities", "triples"))
        table.add_row(
            record["name"],
            record["format"],
            record["read"],
            record["licence"] or "not given",
            record["sha256"] or record["query"],
            *numbers,
        )
    return table


def tables(summary: dict[str, Any], title: str) -> Iterator[Table]:
    """The same as rich tables: one of counts, then one for each list that has entries."""
    counts = Table("", "", title=title, show_header=False)
    for key in (
        "entities",
        "aliases",
        "relations",
        "triples",
        "types",
        "entities_without_triples",
        "entities_without_types",
    ):
        counts.add_row(key.replace("_", " "), f"{summary[key]:,}")
    counts.add_row("feature dim", str(summary["feature_dim"] or "no features"))
    counts.add_row("licence", summary["licence"] or "not given")
    counts.add_row("sources", "\n".join(summary["sources"]) or "not given")
    counts.add_row("fingerprint", summary["fingerprint"])
    yield counts
    if summary["provenance"]:
        yield _readings(summary["provenance"])
    for key, counted in (("top_types", "entities"), ("top_relations", "triples"), ("hubs", "triples")):
        if summary[key]:
            table = Table("id", "label", title=key.replace("_", " "))
            table.add_column(counted, justify="right")
            for entry in summary[key]:
                table.add_row(entry["id"], entry["label"], f"{entry['count']:,}")
            yield table
