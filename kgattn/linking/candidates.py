"""Rows of candidates: which entities a surface form may name, given its case, and how likely each is."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from kgattn.graph.subgraph import ranges
from kgattn.linking.found import Source
from kgattn.linking.policy import CaseRule
from kgattn.shapes import Bool, Float, Int

_BLOCK = 2**16
"""Uses of aliases whose candidates are ranked in one go; all uses of a row are."""


class AliasTable(NamedTuple):
    """Every use of an alias for an entity that the policy lets through.

    Attributes:
        alias: Number of the alias; forms that differ in case alone share it.
        rule: Its `CaseRule`.
        key: Case-sensitive key of the form.
        capital: Whether its first letter is a capital.
        entity: Row of the entity.
        weight: How much the use counts for the entity, above 0.
        prior: P(entity given the form) where the graph gives it, in (0, 1], else NaN; None where it gives none.
        source: Whether the form is an alias, a variant of one, or a weak variant, as `Source`.
    """

    alias: Int[np.ndarray, " use"]
    rule: Int[np.ndarray, " use"]
    key: UInt64[np.ndarray, " use"]
    capital: Bool[np.ndarray, " use"]
    entity: Int[np.ndarray, " use"]
    weight: Float[np.ndarray, " use"]
    prior: Float[np.ndarray, " use"] | None
    source: Int[np.ndarray, " use"]


@dataclass(frozen=True, eq=False, repr=False)
class CandidateRows:
    """Candidates of row r are `[offsets[r], offsets[r + 1])`, likeliest first, equal ones by entity id.

    `source` says of each row, as `Source`, whether its text is an alias, a variant of one, or weak variants alone; see
    `kgattn.linking.variants`.
    """

    offsets: Int[np.ndarray, " row_plus_one"]
    entities: Int[np.ndarray, " candidate"]
    priors: Float[np.ndarray, " candidate"]
    source: Int[np.ndarray, " row"]

    @cached_property
    def plain(self) -> "CandidateRows":
        """The same arrays, not as `numpy.memmap`, whose every slice costs a microsecond."""
        return CandidateRows(*(getattr(self, field.name).view(np.ndarray) for field in fields(self)))


class RowsByCase(NamedTuple):
    """Which row of candidates an alias has for which case of the text; see `kgattn.linking.trie.AtomTrie`."""

    lower_row: Int[np.ndarray, " alias"]
    capital_row: Int[np.ndarray, " alias"]
    exact_offsets: Int[np.ndarray, " alias_plus_one"]
    exact_key: UInt64[np.ndarray, " exact"]
    exact_row: Int[np.ndarray, " exact"]
    candidates: CandidateRows


def build_rows(
    uses: AliasTable, num_aliases: int, entity_rank: Int[np.ndarray, " entity"], max_candidates: int
) -> RowsByCase:
    """Unite, for every alias and every case a text may have, the entities whose forms admit that text.

    A text in lower case meets the forms that take any case; one with a capital meets the capitalised forms too; one
    that is letter by letter an exact form meets that form besides. Variants count only where no alias admits the text.
    P(entity given alias) is the entity's largest weight over the sum of all entities' weights, where the graph gives no
    prior; `_with_given` says what the priors do that it gives. The most likely `max_candidates` stay, as they are: what
    was cut is the share of "none of these".

    Args:
        uses: Uses of aliases, in any order.
        num_aliases: Aliases; `uses.alias` is in [0, num_aliases).
        entity_rank: Place of each entity in the order that decides ties.
        max_candidates: Candidates kept in a row.
    """
    free = uses.rule == CaseRule.ANY
    capitalised = (uses.rule == CaseRule.CAPITAL) | (uses.rule == CaseRule.CAPITAL_OR_EXACT)
    exact = np.flatnonzero((uses.rule == CaseRule.EXACT) | (uses.rule == CaseRule.CAPITAL_OR_EXACT))

    lower_row = _number(_any_of(num_aliases, uses.alias[free]), 0)
    num_rows = int(lower_row.max(initial=-1)) + 1
    own_capital = _number(_any_of(num_aliases, uses.alias[capitalised]), num_rows)
    num_rows = max(num_rows, int(own_capital.max(initial=-1)) + 1)
    capital_row = np.where(own_capital >= 0, own_capital, lower_row)

    exact = exact[np.lexsort((uses.key[exact], uses.alias[exact]))]
    alias, key = uses.alias[exact], uses.key[exact]
    new = np.ones(len(exact), dtype=bool)
    new[1:] = (alias[1:] != alias[:-1]) | (key[1:] != key[:-1])
    exact_offsets = np.searchsorted(alias[new], np.arange(num_aliases + 1))
    form_capital = uses.capital[exact[new]]

    # Which use belongs to which row. The last two lines join uses with the exact forms of the same alias.
    pairs = [(np.flatnonzero(free), lower_row[uses.alias[free]])]
    joined = np.flatnonzero((free | capitalised) & (own_capital[uses.alias] >= 0))
    pairs.append((joined, own_capital[uses.alias[joined]]))
    pairs.append((exact, num_rows - 1 + np.cumsum(new)))
    use, form = join(np.flatnonzero(free | capitalised), uses.alias, exact_offsets)
    admitted = free[use] | form_capital[form]
    pairs.append((use[admitted], num_rows + form[admitted]))

    use, row = (np.concatenate(column, dtype=np.int32) for column in zip(*pairs, strict=True))
    num_rows += len(form_capital)
    of_use, source = uses.source[use], np.full(num_rows, Source.WEAK, dtype=np.int8)
    for kind in (Source.VARIANT, Source.ALIAS):
        source[row[of_use == kind]] = kind
    kept = (source[row] != Source.ALIAS) | (of_use == Source.ALIAS)
    candidates = _candidates(use[kept], row[kept], uses, source, entity_rank, max_candidates)
    exact_row = np.arange(num_rows - len(form_capital), num_rows, dtype=np.int32)
    return RowsByCase(lower_row, capital_row, exact_offsets.astype(np.int64), key[new], exact_row, candidates)


def _any_of(size: int, numbers: Int[np.ndarray, " some"]) -> Bool[np.ndarray, " number"]:
    """Whether each number below `size` is among some."""
    found = np.zeros(size, dtype=bool)
    found[numbers] = True
    return found


def _number(chosen: Bool[np.ndarray, " alias"], first: int) -> Int[np.ndarray, " alias"]:
    """Number the chosen ones from `first` on; -1 for the others."""
    number: np.ndarray = np.cumsum(chosen, dtype=np.int32) + np.int32(first - 1)
    number[~chosen] = -1
    return number


def join(
    use: Int[np.ndarray, " some_use"],
    alias: Int[np.ndarray, " use"],
    offsets: Int[np.ndarray, " alias_plus_one"],
) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
    """All pairs of a use and an exact form of its alias."""
    first = offsets[alias[use]]
    count = offsets[alias[use] + 1] - first
    return np.repeat(use, count), ranges(first, count)


def _candidates(
    use: Int[np.ndarray, " pair"],
    row: Int[np.ndarray, " pair"],
    uses: AliasTable,
    source: Int[np.ndarray, " row"],
    entity_rank: Int[np.ndarray, " entity"],
    max_candidates: int,
) -> CandidateRows:
    """The candidates of all rows, made of some rows at a time: each is of its own uses alone."""
    order = np.argsort(row, kind="stable")
    use, row = use[order], row[order]
    count = np.zeros(len(source), dtype=np.int64)
    entities, priors = [np.empty(0, dtype=np.int32)], [np.empty(0, dtype=np.float32)]
    first = 0
    while first < len(row):
        last = int(np.searchsorted(row, row[min(first + _BLOCK, len(row)) - 1], side="right"))
        part, lowest = use[first:last], row[first]
        given = None if uses.prior is None else uses.prior[part]
        of_row, entity, prior = _ranked(
            row[first:last] - lowest, uses.entity[part], uses.weight[part], given, entity_rank
        )
        kept = np.arange(len(of_row)) - np.searchsorted(of_row, of_row) < max_candidates
        sizes = np.bincount(of_row[kept])
        count[lowest : lowest + len(sizes)] = sizes
        entities.append(entity[kept])
        priors.append(prior[kept])
        first = last
    offsets = np.zeros(len(source) + 1, dtype=np.int64)
    np.cumsum(count, out=offsets[1:])
    return CandidateRows(offsets, np.concatenate(entities), np.concatenate(priors), source)


def _ranked(
    row: Int[np.ndarray, " pair"],
    entity: Int[np.ndarray, " pair"],
    weight: Float[np.ndarray, " pair"],
    given: Float[np.ndarray, " pair"] | None,
    entity_rank: Int[np.ndarray, " entity"],
) -> tuple[Int[np.ndarray, " candidate"], Int[np.ndarray, " candidate"], Float[np.ndarray, " candidate"]]:
    """Row, entity and prior of each candidate of some rows: an entity's largest weight, normalised; likeliest first."""
    order = np.lexsort((-weight, entity, row))
    row, entity, weight = row[order], entity[order], weight[order]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (row[1:] != row[:-1]) | (entity[1:] != entity[:-1])
    row, entity, weight = row[new], entity[new], weight[new]
    if given is not None:
        weight = _with_given(row, weight, np.fmax.reduceat(given[order], np.flatnonzero(new)), int(row[-1]) + 1)
    order = np.lexsort((entity_rank[entity], -weight, row))
    row, entity, weight = row[order], entity[order], weight[order]
    exact = weight / np.bincount(row, weights=weight)[row]
    prior = exact.astype(np.float32)
    prior = np.where(prior > exact, np.nextafter(prior, np.float32(0)), prior)  # rounded down: sums stay <= 1
    return row, entity, prior


def _with_given(
    row: Int[np.ndarray, " candidate"],
    weight: Float[np.ndarray, " candidate"],
    given: Float[np.ndarray, " candidate"],
    num_rows: int,
) -> Float[np.ndarray, " candidate"]:
    """Weights of candidates, each once a row, some of which the graph gives a prior.

    Only candidates of one row compete. Those with a prior share what they would have together by their weights, each by
    its prior; what the priors leave of that up to 1 ("none of these", said whoever gave them) and all the rest goes to
    the candidates without one, by their weights. So a new entity that is given a known name stands beside those known
    for it, and more so the less likely these are. A row in which all have a prior, or none, goes by these alone.
    """
    known = ~np.isnan(given)
    of_known = np.bincount(row[known], weights=weight[known], minlength=num_rows)
    of_others = np.bincount(row[~known], weights=weight[~known], minlength=num_rows)
    mixed = ((of_known > 0) & (of_others > 0))[row]
    united = np.where(known, given, weight)
    row, weight, given, known = row[mixed], weight[mixed], given[mixed], known[mixed]
    share = of_known[row] / (of_known[row] + of_others[row])
    total = np.bincount(row[known], weights=given[known], minlength=num_rows)[row]
    united[mixed] = np.where(
        known,
        share * given / np.maximum(total, 1.0),
        (1.0 - share * np.minimum(total, 1.0)) * weight / of_others[row],
    )
    return united
