"""Exchanging entities keeps frequency and ambiguity, and looks at names alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgattn.evidence.arms.shuffled_entities import shuffle_entities

counts_of_entities = st.lists(st.integers(0, 40), min_size=1, max_size=30)


def names(size: int) -> list[str]:
    return [f"Q{(7 * row) % 101}" for row in range(size)]


@given(counts_of_entities, st.integers(0, 5))
def test_is_a_permutation_of_the_linked_entities_without_fixed_points(counts: list[int], seed: int) -> None:
    link_counts = np.array(counts)
    linked = np.flatnonzero(link_counts)

    entity_map = shuffle_entities(names(len(counts)), link_counts, seed)

    assert sorted(entity_map[linked]) == sorted(linked)
    assert (entity_map[link_counts == 0] == np.flatnonzero(link_counts == 0)).all()
    if len(linked) > 1:
        assert (entity_map[linked] != linked).all()


def test_partners_are_linked_about_as_often() -> None:
    link_counts = np.array([1, 1, 1, 8, 9, 15, 100, 120])

    entity_map = shuffle_entities(names(8), link_counts, seed=3)

    assert (np.floor(np.log2(link_counts[entity_map])) == np.floor(np.log2(link_counts))).all()


@given(st.permutations(range(12)))
def test_numbering_of_entities_has_no_say(order: list[int]) -> None:
    entity_ids, link_counts = names(12), np.array([0, 1, 1, 1, 2, 3, 3, 5, 5, 4, 9, 0])
    renumbered_ids = [entity_ids[row] for row in order]

    entity_map = shuffle_entities(entity_ids, link_counts, seed=1)
    renumbered = shuffle_entities(renumbered_ids, link_counts[order], seed=1)

    by_name = {entity_ids[row]: entity_ids[new] for row, new in enumerate(entity_map)}
    assert by_name == {renumbered_ids[row]: renumbered_ids[new] for row, new in enumerate(renumbered)}


def test_each_seed_has_its_own_exchange_and_repeats_it() -> None:
    link_counts = np.full(50, 2)

    first, again, other = (shuffle_entities(names(50), link_counts, seed) for seed in (0, 0, 1))

    assert (first == again).all()
    assert (first != other).any()
