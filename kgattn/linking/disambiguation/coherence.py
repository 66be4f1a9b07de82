"""Evidence of the other mentions: how near a candidate is, in the graph, to what they may name.

The graph coherence of AIDA (Hoffart et al. 2011, "Robust disambiguation of named entities in text") and of
Alhelbawy and Gaizauskas 2014 ("Graph ranking for collective named entity disambiguation"), in one step instead of a
search or a page rank over the document's candidates: each other mention speaks once, through the candidate that
supports most, by its prior. So the work a mention causes is bounded.
"""

from typing import NamedTuple

import numpy as np

from kgattn.graph.paths import HUB_DEGREE
from kgattn.graph.subgraph import ranges
from kgattn.linking import loops
from kgattn.linking.candidates import CandidateRows
from kgattn.linking.disambiguation.lookup import rows_hold
from kgattn.linking.disambiguation.options import NEAR, NEAR_STEPS, Options, nearness
from kgattn.linking.disambiguation.senses import Senses
from kgattn.linking.found import Found
from kgattn.shapes import Bool, Float, Int

REACH = 16  # mentions to either side that are asked
_PATH = 0.5  # most that paths of two edges are worth, where an edge is worth 1
_STEPS = 2.0**20


def coherence_scores(
    senses: Senses, rows: CandidateRows, found: Found, witness: Bool[np.ndarray, " mention"], options: Options
) -> Float[np.ndarray, " option"]:
    """What the mentions around say for each candidate.

    Each of up to `REACH` witnesses on either side gives the largest, over its own candidates, of
    relatedness (`relatedness`) times their prior, times how near it stands (`kgattn...options.nearness`).

    Args:
        senses: Neighbours of the graph's entities.
        rows: Candidates of the index.
        found: All mentions of the batch.
        witness: Mentions that may speak.
        options: Candidates to be judged.

    Returns:
        At least 0; an unambiguous mention next to this one, joined to the candidate by a triple, gives 1. Sums are
        exact, in whatever order.
    """
    if loops.evidence is not None:
        scores, voices = np.empty(len(options.mention)), np.flatnonzero(witness)
        compiled = loops.evidence.Coherence(senses, rows, _WORTH, _PATH, REACH, NEAR, NEAR_STEPS, _STEPS)
        own = np.searchsorted(voices, options.mention)
        compiled.scores(found, voices, own, options.mention, options.entity, scores)
        return scores
    calls = _calls(found, witness, options)
    begin = rows.offsets[found.row[calls.witness]]
    count = rows.offsets[found.row[calls.witness] + 1] - begin
    place = ranges(begin, count)
    call = np.repeat(np.arange(len(count)), count)
    related = relatedness(senses, options.entity[calls.option[call]], rows.entities[place].astype(np.int64))
    support = related * rows.priors[place].astype(np.float64) * nearness(calls.between)[call]
    best = np.maximum.reduceat(np.floor(support * _STEPS) / _STEPS, np.cumsum(count) - count)
    return np.bincount(calls.option, weights=best, minlength=len(options.mention)).astype(np.float64)


class _Calls(NamedTuple):
    """Which witness is asked about which option, and the tokens between the two mentions."""

    option: Int[np.ndarray, " call"]
    witness: Int[np.ndarray, " call"]
    between: Int[np.ndarray, " call"]


def _calls(found: Found, witness: Bool[np.ndarray, " mention"], options: Options) -> _Calls:
    voices = np.flatnonzero(witness)
    doc = found.doc[voices]
    own = np.searchsorted(voices, options.mention)
    low = np.maximum(own - REACH, np.searchsorted(doc, found.doc[options.mention], side="left"))
    high = np.minimum(own + REACH + 1, np.searchsorted(doc, found.doc[options.mention], side="right"))
    option = np.repeat(np.arange(len(options.mention)), high - low)
    other = voices[ranges(low, high - low)]
    mention = options.mention[option]
    between = np.where(
        other < mention, found.start[mention] - found.end[other], found.start[other] - found.end[mention]
    )
    apart = between >= 0  # neither the mention itself nor one that overlaps it
    return _Calls(option[apart], other[apart], between[apart])


def relatedness(
    senses: Senses, first: Int[np.ndarray, " pair"], second: Int[np.ndarray, " pair"]
) -> Float[np.ndarray, " pair"]:
    """How near two entities are: 1 when a triple joins them, else up to 1/2 for paths of two edges, else 0.

    Each entity in the middle, unless it is a hub, adds 1 / (2 log(its neighbours)) as in Adamic and Adar 2003
    ("Friends and neighbors on the web"), until 1/2 is reached. Paths are looked for from the end with fewer neighbours,
    unless that is a hub too. An entity is not related to itself.
    """
    size = np.int64(len(senses.link_offsets))
    degrees = _degree(senses, first), _degree(senses, second)
    swap = (degrees[0] > degrees[1]) | ((degrees[0] == degrees[1]) & (first > second))
    keys, pair = np.unique(np.where(swap, second * size + first, first * size + second), return_inverse=True)
    start, goal = keys // size, keys % size
    offsets, links = senses.link_offsets, senses.link_entities
    joined = rows_hold(offsets, links, start, goal)
    related = joined.astype(np.float64)

    open_ = np.flatnonzero(~joined & (start != goal) & (_degree(senses, start) <= HUB_DEGREE))
    count = _degree(senses, start[open_])
    middle = links[ranges(offsets[start[open_]], count)].astype(np.int64)
    owner = np.repeat(open_, count)
    through = _degree(senses, middle) <= HUB_DEGREE
    middle, owner = middle[through], owner[through]
    reached = rows_hold(offsets, links, goal[owner], middle)
    middle, owner = middle[reached], owner[reached]
    worth = np.bincount(owner, weights=_worth(_degree(senses, middle)), minlength=len(keys))
    related += np.minimum(worth, _PATH)
    of_pair: np.ndarray = related[pair]
    return of_pair


def _worth(degree: Int[np.ndarray, " item"]) -> Float[np.ndarray, " item"]:
    """What an entity between two adds, by its number of neighbours."""
    worth: np.ndarray = np.floor(_PATH / np.log(np.maximum(degree, 3)) * _STEPS) / _STEPS
    return worth


_WORTH = _worth(np.arange(HUB_DEGREE + 1))


def _degree(senses: Senses, entity: Int[np.ndarray, " item"]) -> Int[np.ndarray, " item"]:
    degree: np.ndarray = senses.link_offsets[entity + 1] - senses.link_offsets[entity]
    return degree
