"""The entity a mention most likely names."""

import numpy as np


def likeliest(entities: list[list[int]], priors: list[list[float]]) -> list[int]:
    """The candidate of each mention with the highest prior, the first of equal ones; -1 for none."""
    return [row[int(np.argmax(weights))] if len(row) else -1 for row, weights in zip(entities, priors, strict=True)]
