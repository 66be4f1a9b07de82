"""Priors of names entity by entity, as graphs of other libraries carry them: beside the label and aliases of a node."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kgattn.errors import GraphError
from kgattn.graph.content import GraphContent


def priors_by_entity(graph: GraphContent) -> list[list[float]] | None:
    """P(entity given name) of the label of each entity and then of its aliases; NaN where none is given.

    None where the graph has no priors, and an empty list for an entity none of whose names has one.
    """
    if graph.name_priors is None:
        return None
    given = [float(str(prior)) for prior in graph.name_priors]  # 0.9, not the 0.8999999761581421 it is as a float32
    bounds = (graph.alias_offsets + graph.num_entities).tolist()
    own = ([given[row], *given[bounds[row] : bounds[row + 1]]] for row in range(graph.num_entities))
    return [[] if all(map(math.isnan, priors)) else priors for priors in own]


def checked_priors(priors: Sequence[Any], num_names: int, entity_id: str) -> list[float]:
    """The priors of an entity's label and aliases as numbers; NaN for all where there are none.

    Raises:
        GraphError: There is not one for each name, or one is no number in [0, 1].
    """
    if not len(priors):
        return [math.nan] * num_names
    try:
        values = np.array([math.nan if prior is None else float(prior) for prior in priors])
    except (TypeError, ValueError):
        values = np.array([math.inf])
    if len(values) != num_names or (values < 0).any() or (values > 1).any():
        raise GraphError(
            f"name_priors of {entity_id!r} must be numbers in [0, 1], one for its label and for each of its "
            f"{num_names - 1} aliases, nan where none is given, got {priors!r}; mend or drop them"
        )
    numbers: list[float] = values.tolist()
    return numbers
