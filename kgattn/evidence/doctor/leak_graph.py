"""Signs that a graph has seen gold: aliases taken from the tags of the corpus.

A graph made without the corpus covers the names of one split about as well as those of another, lists names as people
write them, and misses some. Measured on honest pairs (`docs/doctor.md`): names new in dev or test are
covered at most 1.5 points better than names found in train alone.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import LinkedSplit, LinkedText
from kgattn.evidence.doctor.sign import LeakSign, difference_z
from kgattn.graph import KnowledgeGraph

FEWEST = 20
"""Distinct names below which two splits are not compared."""
FEWEST_CUT = 10
"""Distinct names with a mark cut off below which spelling says nothing."""
_LETTERS = re.compile(r"\w")
_SCRIPTS_WITHOUT_BLANKS = ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "THAI", "LAO", "MYANMAR", "KHMER")


def uneven_splits(learn: LinkedSplit, score: LinkedSplit) -> LeakSign | None:
    """Names found in one split alone are covered far better in one split than in the other.

    Names are compared, not mentions, so that a few common ones do not decide.
    """
    learned, scored = _covered_forms(learn), _covered_forms(score)
    new = [found for form, found in scored.items() if form not in learned]
    old = [found for form, found in learned.items() if form not in scored]
    if min(len(new), len(old)) < FEWEST:
        return None
    gap = sum(new) / len(new) - sum(old) / len(old)
    z = difference_z(sum(new), len(new), sum(old), len(old))
    told = (
        f"of {len(new):,} names that only the scored sentences have {100 * sum(new) / len(new):.0f}% are linked, of "
        f"{len(old):,} that only the training sentences have {100 * sum(old) / len(old):.0f}%"
    )
    if gap >= 0.15 and z >= 5:
        return LeakSign(
            "leak", "names of the scored split", f"{told}; a graph that never saw the tags cannot know which"
        )
    if gap >= 0.08 and z >= 4:
        return LeakSign(
            "suspicious", "names of the scored split", f"{told}; the texts may differ in kind, or aliases leak"
        )
    if gap <= -0.3 and z <= -5:
        return LeakSign(
            "suspicious",
            "names of the training split",
            f"{told}; if aliases were taken from training tags, a model learns to trust links it will not find later",
        )
    return None


def tokenised_aliases(part: LinkedSplit, graph: KnowledgeGraph) -> LeakSign | None:
    """Names with a mark that the corpus cuts off are aliases just so: `5 - fluorouracil`, not `5-fluorouracil`."""
    forms = {
        form
        for number, (start, end, _), form in part.gold_forms()
        if (start, end) in part.spans[number] and is_cut(part.words[number][start:end])
    }
    if len(forms) < FEWEST_CUT:
        return None
    aliases = {text.lower() for text in graph.labels} | {text.lower() for text in graph.alias_texts}
    listed = sorted(form for form in forms if form.lower() in aliases)
    if share(len(listed), len(forms)) < 0.3:
        return None
    examples = ", ".join(repr(form) for form in listed[:3])
    return LeakSign(
        "leak" if share(len(listed), len(forms)) >= 0.6 else "suspicious",
        "aliases spelled as tokens",
        f"{len(listed):,} of {len(forms):,} linked names with a mark cut off by the corpus are aliases in that very "
        f"spelling, such as {examples}; they look copied from its tags",
    )


def nothing_missed(learn: LinkedSplit, score: LinkedSplit) -> LeakSign | None:
    """Even the names never seen before are all linked."""
    learned = _covered_forms(learn)
    new = [found for form, found in _covered_forms(score).items() if form not in learned]
    if len(new) < FEWEST or sum(new) / len(new) < 0.97:
        return None
    return LeakSign(
        "suspicious",
        "nothing is missed",
        f"{sum(new):,} of {len(new):,} names that are new in the scored sentences are linked; graphs miss some, so see "
        "that aliases were not taken from the tags, nor the corpus written from the graph",
    )


def dense_split(texts: Mapping[str, LinkedText], split: str) -> LeakSign | None:
    """Another split's text is linked far more densely than the others; words alone are looked at, no gold.

    Args:
        texts: The linked text of every split.
        split: The split whose gold is not read.
    """
    others = [text for name, text in texts.items() if name != split and text.num_links >= FEWEST]
    text = texts[split]
    if not others or text.num_links < FEWEST:
        return None
    usual = max(share(other.num_linked_words, other.num_words) for other in others)
    dense = share(text.num_linked_words, text.num_words)
    if dense < 1.25 * usual:
        return None
    return LeakSign(
        "suspicious",
        f"density of links in {split}",
        f"{100 * dense:.1f}% of the words of {split} are linked and at most {100 * usual:.1f}% elsewhere; if the texts "
        f"are of one kind, look with the split {split} whether aliases were taken from its tags",
    )


def is_cut(words: Sequence[str]) -> bool:
    """Whether joining the words by blanks gives a spelling that nobody would write."""
    return any(_sticks(left, right) for left, right in pairwise(words))


def _sticks(left: str, right: str) -> bool:
    if not _LETTERS.search(left) or not _LETTERS.search(right) or right.startswith(("'", "’")):
        return left != "&" and right != "&"
    return _without_blanks(left[-1]) and _without_blanks(right[0])


def _without_blanks(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_SCRIPTS_WITHOUT_BLANKS)


def _covered_forms(split: LinkedSplit) -> dict[str, bool]:
    """Each distinct gold text in lower case, and whether most of its mentions are links."""
    found = defaultdict[str, list[bool]](list)
    for number, (start, end, _), form in split.gold_forms():
        found[form.lower()].append((start, end) in split.spans[number])
    return {form: _mostly(hits) for form, hits in found.items()}


def _mostly(hits: Iterable[bool]) -> bool:
    counted = list(hits)
    return 2 * sum(counted) > len(counted)
