"""Settings, data and versions of a comparison as flat (name, value) pairs."""

from collections.abc import Iterator, Mapping
from typing import Any

from kgattn.evidence.comparison import Comparison


def facts(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Everything one must know to read or repeat a comparison."""
    yield from _flat("data", comparison.data)
    yield from _flat("graph", comparison.graph)
    yield "seeds", ", ".join(map(str, comparison.seeds))
    yield from _flat("settings", comparison.config)
    yield from _flat("made with", comparison.environment)


def _flat(group: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{group}: {name}", value)
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            yield f"{group}: {name}", shown
