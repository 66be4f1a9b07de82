"""A knowledge graph of any size as N-Triples: the shape real ones have, of made-up words."""

from pathlib import Path

import numpy as np

PLACE = "http://example.org/"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ALT_LABEL = "http://www.w3.org/2004/02/skos/core#altLabel"
RELATIONS = 24
CLASSES = 200
TRIPLES_AN_ENTITY = 7
"""A label, an alias, a type, a class above, and three relations."""
SYLLABLES = ("ba", "cor", "du", "el", "fa", "gor", "hi", "ion", "ka", "lum", "mer", "no", "pi", "ral", "sto", "ver")


def write_ntriples(path: Path, triples: int, seed: int = 0) -> int:
    """Write a file of about so many statements, in an order as of a dump that was sorted by nobody.

    Both the ends and the relations follow a power law: a few hubs, many entities of a few edges.

    Returns:
        How many statements it has.
    """
    rng = np.random.default_rng(seed)
    entities = max(1, triples // TRIPLES_AN_ENTITY)
    syllables = rng.integers(len(SYLLABLES), size=(entities, 6)).tolist()
    kinds = _power_law(rng, CLASSES, entities)
    above = _power_law(rng, entities, entities)
    tails = [_power_law(rng, entities, entities) for _ in range(3)]
    relations = [_power_law(rng, RELATIONS, entities) for _ in range(3)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in range(entities):
            words = [SYLLABLES[place] for place in syllables[row]]
            own = f"<{PLACE}entity/Q{row}>"
            name = f"{''.join(words[:3]).title()} {''.join(words[3:])} {row}"
            file.write(f'{own} <{RDFS}label> "{name}"@en .\n{own} <{ALT_LABEL}> "{words[0].upper()} {row}"@en .\n')
            file.write(f"{own} <{RDF_TYPE}> <{PLACE}class/C{kinds[row]}> .\n")
            file.write(f"{own} <{RDFS}subClassOf> <{PLACE}entity/Q{above[row]}> .\n")
            for relation, tail in zip(relations, tails, strict=True):
                file.write(f"{own} <{PLACE}relation/P{relation[row]}> <{PLACE}entity/Q{tail[row]}> .\n")
    return entities * TRIPLES_AN_ENTITY


def _power_law(rng: np.random.Generator, size: int, count: int) -> list[int]:
    """Numbers below `size`, small ones far more often: their density falls as rank to the power of -2/3."""
    drawn: list[int] = np.minimum(size * rng.random(count) ** 3, size - 1).astype(np.int64).tolist()
    return drawn
