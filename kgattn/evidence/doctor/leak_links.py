"""Signs that a linker has seen gold: it is better than the graph's own aliases can make it.

What an honest linker of this graph would find is what a fresh `EntityLinker` finds. Beyond that it may know more forms
(then it is about as often wrong as with aliases) or leave some out (then it does not know which occurrence is gold).
"""

from collections import defaultdict
from collections.abc import Sequence

from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import LinkedSplit
from kgattn.evidence.doctor.sign import LeakSign, wilson_low
from kgattn.graph import KnowledgeGraph

FEWEST = 10
"""Links of each kind below which nothing is said."""


def perfect_links(given: LinkedSplit, fresh: LinkedSplit) -> LeakSign | None:
    """Links that are gold and nothing else, where the graph's aliases give something else."""
    gold = sum(map(len, given.gold))
    if gold < FEWEST:
        return None
    f1, fair = _span_f1(given), _span_f1(fresh)
    if f1 < 0.98 or fair > 0.95:
        return None
    return LeakSign(
        "leak",
        "links equal gold",
        f"the links and the {gold:,} gold mentions have the same borders (F1 {100 * f1:.1f}), where a fresh linker of "
        f"this graph reaches {100 * fair:.1f}",
    )


def unfounded_links(given: LinkedSplit, fresh: LinkedSplit, graph: KnowledgeGraph) -> LeakSign | None:
    """Links the graph's aliases do not give, and that are gold more often than those they do give.

    A fuzzy or contextual stage finds such links too, but is no surer than an exact alias.
    """
    extra = [
        (number, link, (link.start, link.end) in given.labels[number])
        for number, row in enumerate(given.links)
        for link in row
        if (link.start, link.end) not in fresh.spans[number]
    ]
    right = sum(golden for _, _, golden in extra)
    fair = share(sum(len(spans & set(labels)) for spans, labels in _spans(fresh)), fresh.num_links)
    low = wilson_low(right, len(extra))
    if len(extra) < FEWEST or low <= fair:
        return None
    precision = right / len(extra)
    if precision < 0.9 and low <= fair + 0.1:
        return None
    spelled = sum(_is_alias(given.form(number, *link[:2]), link.best, graph) for number, link, _ in extra)
    return LeakSign(
        "leak" if precision >= 0.9 else "suspicious",
        "links no alias gives",
        f"{len(extra):,} links are not among those that a fresh linker of this graph finds ({len(extra) - spelled:,} "
        f"are no alias of their entity), and {100 * precision:.0f}% of them are gold exactly; of its own it is "
        f"{100 * fair:.0f}%",
    )


def chosen_by_gold(given: LinkedSplit, fresh: LinkedSplit) -> LeakSign | None:
    """Of words that are gold in one place and not in another, the linker keeps the former and drops the latter.

    A stop list or a type filter drops all occurrences or none; context tells some of them apart, never nearly all.
    """
    places = defaultdict[str, list[tuple[bool, bool]]](list)  # gold, kept
    for number, (spans, labels) in enumerate(_spans(fresh)):
        for start, end in spans:
            form = fresh.form(number, start, end).lower()
            places[form].append(((start, end) in labels, (start, end) in given.spans[number]))
    mixed = [place for found in places.values() if len({golden for golden, _ in found}) == 2 for place in found]
    kept = [keep for golden, keep in mixed if golden]
    dropped = [not keep for golden, keep in mixed if not golden]
    if min(len(kept), len(dropped)) < FEWEST:
        return None
    sure = (sum(kept) / len(kept) + sum(dropped) / len(dropped)) / 2
    if sure < 0.75:
        return None
    return LeakSign(
        "leak" if sure >= 0.9 else "suspicious",
        "links chosen by gold",
        f"of forms that are gold here and not there, {100 * sum(kept) / len(kept):.0f}% of {len(kept):,} gold places "
        f"are linked and {100 * sum(dropped) / len(dropped):.0f}% of {len(dropped):,} others left out; names alone "
        "cannot tell them apart",
    )


def _span_f1(split: LinkedSplit) -> float:
    right = sum(len(spans & set(labels)) for spans, labels in _spans(split))
    return share(2 * right, sum(map(len, split.spans)) + sum(map(len, split.labels)))


def _spans(split: LinkedSplit) -> Sequence[tuple[frozenset[tuple[int, int]], dict[tuple[int, int], str]]]:
    return list(zip(split.spans, split.labels, strict=True))


def _is_alias(form: str, entity_id: str, graph: KnowledgeGraph) -> bool:
    from kgattn.linking.atoms import fold, pieces  # here, because kgattn.linking imports spaCy

    wanted = pieces(fold(form))
    return any(pieces(fold(alias)) == wanted for alias in (graph.label(entity_id), *graph.aliases(entity_id)))
